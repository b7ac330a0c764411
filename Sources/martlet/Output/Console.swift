internal import Glibc

/// Standard output, in whole lines, and standard error for complaints.
struct Console: Sendable {
    static let standard = Console()

    /// A person is reading.
    var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal; a narrow guess where it does not say.
    var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 100 }
        return Int(size.ws_col)
    }

    func print(_ line: String) throws(CommandError) {
        try write(Array((line + "\n").utf8))
    }

    /// Bytes as they are. A reader that went away ends the command quietly, as it does other tools.
    func write(_ bytes: [UInt8]) throws(CommandError) {
        do {
            try Self.write(bytes, to: STDOUT_FILENO)
        } catch  where error.code == EPIPE {
            exit(ExitStatus.signal(SIGPIPE).number)
        } catch {
            throw CommandError("cannot write to standard output: \(error)", .software)
        }
    }

    static func complain(_ line: String) {
        // There is no other place left to say that standard error is gone.
        try? write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw SystemError.last
            }
        }
    }
}
