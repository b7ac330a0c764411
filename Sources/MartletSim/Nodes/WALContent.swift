import Foundation

/// A view's write-ahead log, as a copy of its bytes (https://www.sqlite.org/fileformat2.html#walformat).
struct WALContent {
    let bytes: Data
    /// Another one for each time that it begins anew.
    var header: Data { bytes.prefix(32) }
    /// Behind the last frame of this header. What comes after it is of an earlier one.
    private(set) var end = 0

    init(of folder: URL) throws {
        let path = Self.path(in: folder)
        bytes = FileManager.default.fileExists(atPath: path.path()) ? try Data(contentsOf: path) : Data()
        guard bytes.count > 32 else { return }
        let page = bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
        end = 32
        while end + 24 + page <= bytes.count, bytes[end + 8..<end + 16] == bytes[16..<24] { end += 24 + page }
    }

    static func path(in folder: URL) -> URL { folder.appending(path: "view.db-wal") }
}

/// What of a write-ahead log is sure to outlast a loss of power.
struct SyncedWAL {
    let header: Data
    let size: Int
    /// Where the view stands with no more than that.
    let position: UInt64
}
