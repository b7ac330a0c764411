import Foundation

/// A view's write-ahead log, as a copy of its bytes, and how much of it is sure to outlast a loss of power
/// (https://www.sqlite.org/fileformat2.html#walformat, https://www.sqlite.org/walformat.html).
struct WALContent {
    let bytes: Data
    /// Another one for each time that it begins anew.
    var header: Data { bytes.prefix(Self.headerSize) }
    /// Behind the last frame of this header. What comes after it is of an earlier one.
    private(set) var end = 0
    /// Behind the last frame that was moved into the file, as SQLite notes it; nil once the view is closed.
    private var moved: Int?

    private static let headerSize = 32

    init(of folder: URL) throws {
        bytes = try Self.content(of: Self.path(in: folder))
        guard bytes.count > Self.headerSize else { return }
        let frame = 24 + bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
        end = Self.headerSize
        while end + frame <= bytes.count, bytes[end + 8..<end + 16] == bytes[16..<24] { end += frame }
        // Shared memory, in the order of this machine's bytes.
        let index = try Self.content(of: folder.appending(path: "view.db-shm"))
        guard index.count >= 100 else { return }
        moved = Self.headerSize + frame * index[96..<100].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// How many bytes of it outlast a loss of power: what was synced before it was moved, and what was there when the
    /// view was opened, which writes that anew. Nil when nobody knows.
    func synced(since opened: WALContent) -> Int? {
        moved.map { max($0, header == opened.header ? opened.end : 0) }
    }

    static func path(in folder: URL) -> URL { folder.appending(path: "view.db-wal") }

    private static func content(of path: URL) throws -> Data {
        FileManager.default.fileExists(atPath: path.path()) ? try Data(contentsOf: path) : Data()
    }
}
