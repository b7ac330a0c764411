internal import Glibc

/// What the kernel knows of a process.
public struct ProcessFigures: Sendable {
    private let pid: Int32

    public init(pid: Int32) {
        self.pid = pid
    }

    /// This process.
    public static var current: ProcessFigures { ProcessFigures(pid: getpid()) }

    /// Processor time, user and system, of all threads since the start.
    public func processorTime() throws -> Duration {
        let text = try readText("/proc/\(pid)/stat")
        // The second field is a name in parentheses that may hold anything.
        guard let end = text.lastIndex(of: ")") else { throw HarnessError("cannot read /proc/\(pid)/stat") }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw HarnessError("cannot read /proc/\(pid)/stat")
        }
        return .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Memory in bytes, shared pages counted by share.
    public func memory() throws -> Int {
        let text = try readText("/proc/\(pid)/smaps_rollup")
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw HarnessError("cannot read /proc/\(pid)/smaps_rollup") }
        return kilobytes * 1024
    }
}
