internal import ArgumentParser
internal import Glibc
internal import Logging
internal import Synchronization

/// A second process, which ends the commands that are left when the worker dies without a chance to do so itself.
///
/// It holds the other end of a pipe: the kernel closes ours however we die. Between the start of a command and the line
/// that names it there is a moment in which it would be missed; it is longer while the guard gets no processor.
final class ChildGuard: Sendable {
    private struct State {
        /// Our end of the pipe, which makes nobody wait. Nil once the guard is given up.
        var pipe: Int32?
        /// What there was no room for in the pipe: it goes before the next line.
        var unsaid: [UInt8] = []

        /// Writes what there is room for. The rest goes on at the very byte where this stops: no line is torn.
        mutating func flush() throws(SystemError) {
            while let pipe, !unsaid.isEmpty {
                let count = unsaid.withUnsafeBytes { Glibc.write(pipe, $0.baseAddress, $0.count) }
                if count >= 0 {
                    unsaid.removeFirst(count)
                } else if errno == EAGAIN {
                    return
                } else if errno != EINTR {
                    throw .last
                }
            }
        }
    }

    private let state: Mutex<State>
    private let process: pid_t
    private let limit: Int
    private let logger: Logger

    convenience init(logger: Logger) throws(SystemError) {
        let child = try ChildProcess.start(["/proc/self/exe", GuardCommand.name], environment: [])
        // Its output is nothing; its end shows when it is written to.
        close(child.output)
        close(child.errors)
        close(child.ended)
        self.init(process: child.pid, pipe: child.input, logger: logger)
    }

    /// - Parameter limit: how many bytes may be unsaid. A guard that is behind by 1 MiB, the lines of some 60,000
    ///   commands, stands still.
    init(process: pid_t, pipe: Int32, limit: Int = 1 << 20, logger: Logger) {
        self.process = process
        self.limit = limit
        self.logger = logger
        state = Mutex(State(pipe: pipe))
    }

    deinit {
        state.withLock { state in
            // The last chance; nobody is left to hear that it failed.
            try? state.flush()
            if let pipe = state.pipe { close(pipe) }
        }
    }

    func add(_ group: pid_t) { say("+\(group)\n") }

    /// To be called before the group's id is given back.
    func remove(_ group: pid_t) { say("-\(group)\n") }

    private func say(_ line: String) {
        state.withLock { state in
            guard state.pipe != nil else { return }
            state.unsaid += Array(line.utf8)
            do throws(SystemError) {
                try state.flush()
                let count = state.unsaid.count
                guard count > limit else { return }
                // Before its pipe is closed: it would take that for our end, and kill the commands that run.
                kill(process, SIGKILL)
                giveUp(&state, "it does not read: \(count) bytes wait")
            } catch {
                giveUp(&state, "\(error)")
            }
        }
    }

    private func giveUp(_ state: inout State, _ reason: String) {
        logger.error(
            "the guard is gone: commands will outlive this worker if it is killed", metadata: ["error": "\(reason)"])
        if let pipe = state.pipe { close(pipe) }
        state = State(pipe: nil)
    }
}

/// The guard's own side: not for people.
struct GuardCommand: ParsableCommand {
    static let name = "guard-children"
    static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

    func run() throws {
        // It goes when its worker goes, not before.
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
        var groups: Set<pid_t> = []
        var lines = LineReader(try InputFile("-"), limit: 64)
        while let line = try lines.next() {
            guard let first = line.first, let group = pid_t(String(decoding: line.dropFirst(), as: UTF8.self)),
                group > 1
            else { continue }
            if first == UInt8(ascii: "+") { groups.insert(group) } else { groups.remove(group) }
        }
        for group in groups { kill(-group, SIGKILL) }
    }
}
