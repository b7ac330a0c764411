import CMartletSystem
import Glibc
import Logging
import Synchronization
import Testing

@testable import martlet_cli

@Suite("The guard of a worker's commands", .timeLimit(.minutes(1)))
struct ChildGuardTests {
    /// More lines than a pipe holds, of a length that no page is a multiple of.
    let groups = (1...20_000).map { pid_t(1_000_000 + $0) }
    private let words = Words()

    init() {
        // As in the program: a write to a guard that is gone fails, and ends nothing.
        signal(SIGPIPE, SIG_IGN)
    }

    @Test("What a guard has no time to read reaches it later, every line whole and in order")
    func slowGuardHearsAll() throws {
        // Given a guard that does not read while commands start
        let pipe = try makePipe()
        defer { close(pipe.theirs) }
        let guardian = ChildGuard(process: nobody, pipe: pipe.ours, logger: words.logger)
        for group in groups { guardian.add(group) }
        var said = groups.map { "+\($0)\n" }.joined()

        // When it reads again while they end
        var heard = read(pipe.theirs)
        let isBehind = heard.utf8.count < said.utf8.count
        for group in groups where heard.utf8.count < said.utf8.count {
            guardian.remove(group)
            said += "-\(group)\n"
            heard += read(pipe.theirs)
        }

        let isWhole = heard == said
        #expect(isBehind)
        #expect(isWhole)
        #expect(words.lines.isEmpty)
    }

    @Test("A guard that stands still is killed: it would take the end of its pipe for the worker's")
    func standstillIsKilled() throws {
        var child = try ChildProcess.start(["sleep", "1000"], environment: [])
        let guardian = ChildGuard(process: child.pid, pipe: child.input, limit: 1000, logger: words.logger)
        // The guard closes it.
        child.input = -1

        for group in groups { guardian.add(group) }

        var watched = pollfd(fd: child.ended, events: Int16(POLLIN), revents: 0)
        let count = poll(&watched, 1, 20_000)
        let status = child.finish()
        #expect(count == 1, "it lives")
        #expect(status == .killed(SIGKILL))
        #expect(words.lines.count == 1)
    }

    @Test("A guard that is gone is given up once")
    func goneIsGivenUp() throws {
        let pipe = try makePipe()
        let guardian = ChildGuard(process: nobody, pipe: pipe.ours, logger: words.logger)
        close(pipe.theirs)

        for group in groups.prefix(2) { guardian.add(group) }

        #expect(words.lines.count == 1)
        #expect(words.lines.first?.contains("the guard is gone") == true)
    }
}

extension ChildGuardTests {
    /// More than any process has.
    private var nobody: pid_t { .max }

    /// A guard's pipe: neither end makes anybody wait.
    private func makePipe() throws -> (theirs: Int32, ours: Int32) {
        var ends: [Int32] = [-1, -1]
        let code = pipe2(&ends, O_CLOEXEC | O_NONBLOCK)
        try #require(code == 0)
        return (ends[0], ends[1])
    }

    /// What there is now.
    private func read(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

/// What a guard's owner logs.
private final class Words: Sendable {
    private let said = Mutex<[String]>([])

    var lines: [String] { said.withLock { $0 } }

    var logger: Logger {
        var handler = HumanLogHandler()
        handler.write = { [self] line in said.withLock { $0.append(line) } }
        return Logger(label: "guard") { [handler] _ in handler }
    }
}
