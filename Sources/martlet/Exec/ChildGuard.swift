internal import ArgumentParser
internal import Glibc
internal import Logging
internal import Synchronization

/// A second process, which ends the commands that are left when the worker dies without a chance to do so itself.
///
/// It holds the other end of a pipe: the kernel closes ours however we die. Between the start of a command and the line
/// that names it there is a moment in which it would be missed.
final class ChildGuard: Sendable {
    private enum State {
        case watching(Int32)
        case gone
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(logger: Logger) throws(SystemError) {
        self.logger = logger
        let child = try ChildProcess.start(["/proc/self/exe", GuardCommand.name], environment: [])
        state = Mutex(.watching(child.input))
        // Its output is nothing; its end shows when it is written to.
        close(child.output)
        close(child.errors)
        close(child.ended)
    }

    deinit {
        state.withLock { state in
            if case .watching(let pipe) = state { close(pipe) }
        }
    }

    func add(_ group: pid_t) { say("+\(group)\n") }

    /// To be called before the group's id is given back.
    func remove(_ group: pid_t) { say("-\(group)\n") }

    private func say(_ line: String) {
        state.withLock { state in
            guard case .watching(let pipe) = state else { return }
            let bytes = Array(line.utf8)
            // Less than PIPE_BUF: all of it, or nothing.
            guard write(pipe, bytes, bytes.count) < 0 else { return }
            logger.error(
                "the guard is gone: commands will outlive this worker if it is killed",
                metadata: ["error": "\(SystemError.last)"])
            close(pipe)
            state = .gone
        }
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
