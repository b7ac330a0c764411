internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

// The write-ahead log, for those who do not leave it to SQLite: on its own SQLite tells nobody of a sync that failed
// while it moved the log into the file.
extension Database {
    /// How much of the write-ahead log is moved into the file.
    public enum Move: String, Sendable {
        /// What no reader holds up; the next transactions use the room again.
        case passive = "PASSIVE"
        /// All of it, or it fails as busy.
        case full = "FULL"
        /// All of it, and the room is given back.
        case truncate = "TRUNCATE"
    }

    /// Syncs the write-ahead log, moves it into the file and syncs that; returns how many pages stay behind because of
    /// a reader.
    @discardableResult
    public func moveWAL(_ move: Move) throws(SQLiteError) -> Int {
        let statement = try prepare("PRAGMA wal_checkpoint(\(move.rawValue))")
        defer { statement.reset() }
        guard try statement.step() else {
            throw SQLiteError(code: SQLITE_ERROR, message: "it did not answer", context: "moving the write-ahead log")
        }
        let rest = Int(statement.int64(at: 1) - statement.int64(at: 2))
        // Held up altogether, it tells of nothing that was moved.
        return statement.int64(at: 0) == 0 ? rest : max(1, rest)
    }

    /// Closing leaves the write-ahead log as it is, instead of moving it into the file and deleting it: evidence
    /// stays, and after a failed sync nothing is written again.
    public func keepWALOnClose() throws(SQLiteError) {
        let code = martlet_keep_wal_on_close(handle)
        guard code == SQLITE_OK else { throw error(code, "keeping the write-ahead log on close") }
    }

    /// Moves nothing without being asked, and counts in `walPages`.
    public func countWALPages() {
        // Takes SQLite's own hook, which would move it.
        sqlite3_wal_hook(
            handle,
            { database, _, _, pages in
                // It calls during a commit, so its database is there.
                if let database { Unmanaged<Database>.fromOpaque(database).takeUnretainedValue().walPages = Int(pages) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Writes anew what another process has left in the write-ahead log of a file, and syncs it: before the file is
    /// opened, and anything is appended behind it or moved.
    ///
    /// A sync that failed may have ended that process. The kernel drops what it could not write and then calls it
    /// written: it can be read, from memory, and no later sync would make it durable. The bytes stay where they are, so
    /// that a loss of power on the way harms nothing.
    ///
    /// - Parameter isExclusive: whether the file is opened for one process alone, without shared memory.
    public static func renewWAL(of path: String, isExclusive: Bool = false) throws(SQLiteError) {
        let ahead = path + "-wal"
        // SQLite would make the one that is not there.
        guard holdsBytes(ahead), holdsBytes(path) else { return }
        let database = try Database(path: path)
        try database.keepWALOnClose()
        try database.execute(isExclusive ? "PRAGMA locking_mode = EXCLUSIVE" : "PRAGMA busy_timeout = 5000")
        // Nobody else appends meanwhile.
        try database.transaction { () throws(SQLiteError) in try rewrite(ahead) }
    }

    private static func holdsBytes(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size > 0
    }

    private static func rewrite(_ path: String) throws(SQLiteError) {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw failure("opening \(path)") }
        defer { close(file) }
        var (bytes, place) = ([UInt8](repeating: 0, count: 1 << 20), off_t(0))
        while case let count = pread(file, &bytes, bytes.count, place), count != 0 {
            guard count > 0 else { throw failure("reading \(path)") }
            let written = pwrite(file, bytes, count, place)
            guard written > 0 else { throw failure("writing \(path) anew") }
            place += off_t(written)
        }
        guard fsync(file) == 0 else { throw failure("syncing \(path)") }
    }

    private static func failure(_ context: String) -> SQLiteError {
        let cause = errno
        let code = cause == ENOSPC || cause == EDQUOT ? SQLITE_FULL : SQLITE_IOERR
        return SQLiteError(code: code, message: String(cString: strerror(cause)), context: context)
    }
}
