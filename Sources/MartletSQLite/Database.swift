internal import CSQLite

/// One connection to a SQLite file, for one thread at a time.
///
/// As thin as it can be: statements, bindings, columns, errors. Who opens it decides on the pragmas and
/// serialises its use; nothing here locks (`SQLITE_OPEN_NOMUTEX`). See decision record 3 for why this is not a
/// larger library.
public final class Database {
    private let handle: OpaquePointer

    /// Done once, before the first connection of the process. Fails harmlessly if SQLite is in use already.
    private static let configuration = martlet_sqlite_without_memory_statistics()

    /// How a file is opened.
    public enum Mode: Sendable {
        /// Created when missing.
        case readWrite
        case readOnly
    }

    /// - Throws: `SQLiteError` when the file cannot be opened; a missing or damaged file may show only at the
    ///   first statement.
    public init(path: String, mode: Mode = .readWrite) throws(SQLiteError) {
        let flags =
            switch mode {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            }
        _ = Self.configuration
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message, context: "opening \(path)")
        }
        handle = opened
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Runs one or more statements that return nothing of interest.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// Compiles one statement, to be kept and run many times.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else { throw error(code, sql) }
        return Statement(compiled, of: self, sql: sql)
    }

    /// Runs `body` inside `BEGIN IMMEDIATE` and `COMMIT`; rolls back when it throws.
    public func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // The first error is the one to report. A failed rollback leaves nothing: closing rolls back too.
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    /// Closing leaves the write-ahead log as it is, instead of moving it into the file and deleting it: evidence
    /// stays, and after a failed sync nothing is written again.
    public func keepWALOnClose() throws(SQLiteError) {
        let code = martlet_keep_wal_on_close(handle)
        guard code == SQLITE_OK else { throw error(code, "keeping the write-ahead log on close") }
    }

    /// The rows changed by the last statement.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    func error(_ code: Int32, _ context: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), context: context)
    }
}
