internal import CMartletPages
internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// One connection to a SQLite file, for one thread at a time.
///
/// As thin as it can be: statements, bindings, columns, errors. Who opens it decides on the pragmas and
/// serialises its use; nothing here locks (`SQLITE_OPEN_NOMUTEX`). See decision record 3 for why this is not a
/// larger library.
public final class Database {
    let handle: OpaquePointer
    /// How many pages the write-ahead log held after this connection's last commit; 0 unless they are counted.
    public internal(set) var walPages = 0

    /// Made once, before the first connection of the process.
    private static let pagesVFS: String? = {
        // Fails harmlessly if SQLite is in use already.
        _ = martlet_sqlite_without_memory_statistics()
        return martlet_pages_vfs().map { String(cString: $0) }
    }()

    /// How a file is opened.
    public enum Mode: Sendable {
        /// Created when missing.
        case readWrite
        case readOnly
        /// Read-only, and without the write-ahead log: what was moved into the file. Nobody may write meanwhile.
        case fileAlone
    }

    /// - Throws: `SQLiteError` when the file cannot be opened; a missing or damaged file may show only at the
    ///   first statement.
    public init(path: String, mode: Mode = .readWrite) throws(SQLiteError) {
        let flags =
            switch mode {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            case .fileAlone: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        let name = mode == .fileAlone ? "file:\(Self.escaped(path))?immutable=1" : path
        let vfs = Self.pagesVFS
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
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

    /// A path as a part of a URI.
    private static func escaped(_ path: String) -> String {
        path.map { ["?": "%3F", "#": "%23", "%": "%25"][$0] ?? String($0) }.joined()
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

    /// Whether each page of the file ends with a checksum that is checked when it is read.
    ///
    /// Setting it counts for a file that is still empty, or from the next `VACUUM` on.
    public var hasPageChecksums: Bool {
        get { reserve(-1) == CInt(martlet_pages_reserve) }
        set { _ = reserve(newValue ? CInt(martlet_pages_reserve) : 0) }
    }

    /// Asks for bytes at each page's end, unless negative; returns how many there are.
    private func reserve(_ bytes: CInt) -> CInt {
        var bytes = bytes
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
        return code == SQLITE_OK ? bytes : 0
    }

    /// The rows changed by the last statement.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    func error(_ code: Int32, _ context: String) -> SQLiteError {
        // A write beyond a quota found no room, as on a full disk. SQLite knows only the latter, and does not keep the
        // system's word for a commit: it is still that of the write that failed.
        let isOverQuota = code == SQLiteError.failedWrite && errno == EDQUOT
        return SQLiteError(
            code: isOverQuota ? SQLITE_FULL : code, message: String(cString: sqlite3_errmsg(handle)), context: context)
    }
}
