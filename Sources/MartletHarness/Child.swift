internal import Glibc
internal import Synchronization

/// One process that a driver started.
public final class Child: Sendable {
    public let pid: Int32
    public let name: String
    /// Where its standard output is.
    public let output: String
    /// Where its standard error is.
    public let errors: String
    /// Set once it has been reaped.
    private let status = Mutex<Int32?>(nil)

    /// Starts `program` on the leash; its output goes into files in the leash's folder.
    public init(_ program: String, _ arguments: [String], name: String, leash: Leash) throws {
        self.name = name
        output = "\(leash.folder)/\(name).out"
        errors = "\(leash.folder)/\(name).err"
        pid = try spawn(
            program, arguments, input: .nothing, output: output, errors: errors, group: leash.group)
    }

    /// Whether it still runs.
    public var isRunning: Bool { reap(WNOHANG) == nil }

    /// What it wrote on standard output so far.
    public func outputText() throws -> String { try readText(output) }

    /// The end of what it wrote on standard error, for an error message.
    public var lastWords: String {
        do {
            return String(try readText(errors).suffix(2000))
        } catch {
            return "(\(error))"
        }
    }

    /// kill -9; returns once it is gone.
    public func kill() {
        guard isRunning else { return }
        Glibc.kill(pid, SIGKILL)
        _ = reap(0)
    }

    /// SIGTERM, and kill -9 if it has not ended `within` the time. Returns its exit code, nil if it was killed.
    @discardableResult
    public func terminate(within limit: Duration) -> Int32? {
        if isRunning { Glibc.kill(pid, SIGTERM) }
        return waitForExit(within: limit)
    }

    /// Its exit code; nil if a signal ended it, or if it had to be killed because the time was over.
    public func waitForExit(within limit: Duration) -> Int32? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = reap(WNOHANG) { return exitCode(status) }
            usleep(1000)
        }
        kill()
        return nil
    }

    private func reap(_ options: Int32) -> Int32? {
        status.withLock { known in
            if let known { return known }
            var found: Int32 = 0
            var result: pid_t
            repeat { result = waitpid(pid, &found, options) } while result == -1 && errno == EINTR
            if result == pid { known = found }
            return known
        }
    }

    private func exitCode(_ status: Int32) -> Int32? {
        status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    }
}

/// A whole file as text; for files of `/proc` too, which say that they are empty.
public func readText(_ path: String) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw HarnessError("cannot open \(path): \(errnoText())") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(file, &chunk, chunk.count)
        guard count >= 0 else { throw HarnessError("cannot read \(path): \(errnoText())") }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk[..<count]
    }
}

/// The folder of the running program, where its siblings are.
public func programFolder() throws -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count)
    guard count > 0 else { throw HarnessError("cannot find the running program: \(errnoText())") }
    let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = text.lastIndex(of: "/") else { return "." }
    return String(text[..<slash])
}
