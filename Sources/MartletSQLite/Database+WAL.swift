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
        guard try statement.step() else { return 0 }
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

    /// Writes anew what another process has left in the write-ahead log, and syncs it: before anything is appended
    /// behind it, or moved into the file.
    ///
    /// A sync that failed may have ended that process. The kernel drops what it could not write and then calls it
    /// written: it can be read, from memory, and no later sync would make it durable. The bytes stay where they are, so
    /// that a loss of power on the way harms nothing.
    public func renewWAL() throws(SQLiteError) {
        guard let name = sqlite3_db_filename(handle, "main"), let path = sqlite3_filename_wal(name) else { return }
        // Nobody else appends meanwhile.
        try transaction { () throws(SQLiteError) in try Self.rewrite(String(cString: path)) }
    }

    private static func rewrite(_ path: String) throws(SQLiteError) {
        let file = open(path, O_RDWR | O_CLOEXEC)
        if file < 0, errno == ENOENT { return }
        guard file >= 0 else { throw failure("opening \(path)") }
        defer { close(file) }
        var (bytes, place) = ([UInt8](repeating: 0, count: 1 << 20), off_t(0))
        while case let count = pread(file, &bytes, bytes.count, place), count != 0 {
            guard count > 0 else { throw failure("reading \(path)") }
            guard pwrite(file, bytes, count, place) == count else { throw failure("writing \(path) anew") }
            place += off_t(count)
        }
        guard fsync(file) == 0 else { throw failure("syncing \(path)") }
    }

    private static func failure(_ context: String) -> SQLiteError {
        let cause = errno
        let code = cause == ENOSPC || cause == EDQUOT ? SQLITE_FULL : SQLITE_IOERR
        return SQLiteError(code: code, message: String(cString: strerror(cause)), context: context)
    }
}
