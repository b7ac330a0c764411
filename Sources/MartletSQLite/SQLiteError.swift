internal import CSQLite

/// A failed call, with SQLite's extended result code and the statement that failed, without its bindings.
public struct SQLiteError: Error, CustomStringConvertible, Sendable {
    public let code: Int32
    public let message: String
    public let context: String

    init(code: Int32, message: String, context: String) {
        self.code = code
        self.message = message
        self.context = context
    }

    public var description: String { "SQLite \(code): \(message), while running: \(context)" }

    /// There is no room: freeing some makes the call succeed.
    public var isDiskFull: Bool { primaryCode == SQLITE_FULL || code == Self.noRoomForIndex }
    /// The file is not a database or is damaged.
    public var isCorrupt: Bool {
        primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB || code == Self.wrongPage
    }
    public var isReadOnly: Bool { primaryCode == SQLITE_READONLY || primaryCode == SQLITE_PERM }
    public var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }
    public var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// `SQLITE_IOERR_SHMSIZE`, a macro that Swift does not see: the WAL's index could not grow.
    private static let noRoomForIndex: Int32 = SQLITE_IOERR | 19 << 8

    /// `SQLITE_IOERR_WRITE`.
    static let failedWrite: Int32 = SQLITE_IOERR | 3 << 8

    /// `SQLITE_IOERR_DATA`: a page does not match its checksum.
    private static let wrongPage: Int32 = SQLITE_IOERR | 32 << 8

    private var primaryCode: Int32 { code & 0xFF }
}
