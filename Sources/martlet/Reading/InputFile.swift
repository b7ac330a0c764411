internal import Glibc

/// A file, or standard input under the name `-`, read in pieces.
final class InputFile {
    private let descriptor: Int32
    let name: String

    init(_ path: String) throws(CommandError) {
        if path == "-" {
            (descriptor, name) = (STDIN_FILENO, "standard input")
        } else {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            name = path
            guard descriptor >= 0 else {
                throw CommandError("cannot read \(path): \(SystemError.last)", .unknown)
            }
        }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The next bytes, at most so many; empty at the end.
    func read(atMost count: Int) throws(CommandError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let read = Glibc.read(descriptor, &buffer, count)
            if read >= 0 { return Array(buffer.prefix(read)) }
            guard errno == EINTR else { throw CommandError("cannot read \(name): \(SystemError.last)", .unknown) }
        }
    }

    /// All of it; refused once it is more than `limit` bytes.
    func readAll(limit: Int) throws(CommandError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try read(atMost: 1 << 16)
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= limit else {
                throw CommandError("\(name) has more than \(limit) bytes, the limit of a payload", .refused)
            }
        }
    }
}

/// The lines of a file, one at a time, so that a file of any length passes through.
struct LineReader {
    /// A line is longer than any job can be.
    struct TooLong: Error {
        var line: Int
    }

    private let file: InputFile
    private let limit: Int
    private var rest: ArraySlice<UInt8> = []
    /// How much of `rest` is known to hold no end of a line.
    private var searched = 0
    private(set) var number = 0

    init(_ file: InputFile, limit: Int) {
        self.file = file
        self.limit = limit
    }

    /// The next line without its end; nil after the last.
    mutating func next() throws -> [UInt8]? {
        while true {
            if let end = rest.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                defer { (rest, searched) = (rest[(end + 1)...], 0) }
                number += 1
                return Array(rest[..<end])
            }
            searched = rest.count
            guard searched <= limit else { throw TooLong(line: number + 1) }
            let piece = try file.read(atMost: 1 << 18)
            guard !piece.isEmpty else {
                defer { (rest, searched) = ([], 0) }
                guard !rest.isEmpty else { return nil }
                number += 1
                return Array(rest)
            }
            rest = ArraySlice(Array(rest) + piece)
        }
    }
}
