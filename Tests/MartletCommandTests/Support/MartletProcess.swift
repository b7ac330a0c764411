import Foundation
import Glibc
import Synchronization

@testable import martlet_cli

/// The built program, run as a process of its own.
final class MartletProcess: Sendable {
    struct Finished: Sendable {
        var status: Int32
        var output: String
        var errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The program beside this test bundle.
    static let path: String = {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent("martlet").path
    }()

    let pid: pid_t
    private let output: Stream
    private let errors: Stream
    private let status = Mutex<Int32?>(nil)

    /// Longer than any test should take; then the process is killed, and its test sees that.
    private static let bound = Duration.seconds(90)

    /// Starts the program with nothing in its environment but `PATH` and what is given.
    init(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]) throws {
        var variables = environment
        variables["PATH"] = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let child = try ChildProcess.start(
            [Self.path] + arguments, environment: variables.map { "\($0)=\($1)" })
        pid = child.pid
        output = Stream(child.output)
        errors = Stream(child.errors)
        close(child.ended)
        let pipe = child.input
        let flags = fcntl(pipe, F_GETFL)
        _ = fcntl(pipe, F_SETFL, flags & ~O_NONBLOCK)
        signal(SIGPIPE, SIG_IGN)
        try OwnThread.start {
            var rest = input[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(pipe)
        }
        Task.detached { [weak self] in
            try await Task.sleep(for: Self.bound)
            self?.kill()
        }
    }

    /// Unless it has ended.
    private func kill() {
        status.withLock { status in
            if status == nil { _ = Glibc.kill(-pid, SIGKILL) }
        }
    }

    deinit {
        // A test that failed leaves nothing running.
        if status.withLock({ $0 }) == nil {
            _ = Glibc.kill(-pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> Finished {
        try await MartletProcess(arguments, input: Array(input.utf8), environment: environment).finish()
    }

    func send(_ signal: Int32) { _ = Glibc.kill(pid, signal) }

    /// The next line of standard output; nil at its end.
    func line() async throws -> String? {
        try await OwnThread.run { self.output.line() }
    }

    /// Reads standard error up to a line with this text.
    func error(containing text: String) async throws -> String? {
        try await OwnThread.run {
            while let line = self.errors.line() {
                if line.contains(text) { return line }
            }
            return nil
        }
    }

    /// Everything it still says, and how it ends: as shells count.
    func finish() async throws -> Finished {
        async let said = OwnThread.run { self.output.rest() }
        async let complained = OwnThread.run { self.errors.rest() }
        let (output, errors) = try await (said, complained)
        let ended = try await OwnThread.run { () -> Int32 in
            var status: Int32 = 0
            while waitpid(self.pid, &status, 0) < 0 && errno == EINTR {}
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
        }
        status.withLock { $0 = ended }
        return Finished(status: ended, output: output, errors: errors)
    }
}

/// One of a process's streams, read by whoever wants the next line.
private final class Stream: Sendable {
    private let descriptor: Int32
    private let buffer = Mutex<[UInt8]>([])

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func line() -> String? {
        buffer.withLock { buffer in
            while true {
                if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { buffer.removeFirst(end + 1) }
                    return String(decoding: buffer[..<end], as: UTF8.self)
                }
                guard more(&buffer) else { return nil }
            }
        }
    }

    func rest() -> String {
        buffer.withLock { buffer in
            while more(&buffer) {}
            defer { buffer = [] }
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    private func more(_ buffer: inout [UInt8]) -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &piece, piece.count)
        if count > 0 { buffer += piece[..<count] }
        return count > 0 || count < 0 && errno == EINTR
    }
}
