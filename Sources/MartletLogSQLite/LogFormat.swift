internal import MartletLog
internal import MartletSQLite

/// The file format: how `log.db` is told from other files, and what is in it.
enum LogFormat {
    static let version = 1
    /// "MarL", where the `file` command looks.
    private static let applicationID = 0x4d61_724c

    // The body is last, so that the columns before it are read without its overflow pages.
    private static let tables = [
        """
        CREATE TABLE entries (position INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, nonce INTEGER NOT NULL, \
        time INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT
        """,
        // The start is the place of the last entry forgotten: the chain can be held against it.
        """
        CREATE TABLE meta (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, incarnation_high INTEGER NOT NULL, \
        incarnation_low INTEGER NOT NULL, start_position INTEGER NOT NULL, start_hash BLOB NOT NULL, \
        start_epoch INTEGER NOT NULL, start_time INTEGER NOT NULL) STRICT
        """,
        // Its row is there from the beginning, without a body: a row that is missing is damage.
        """
        CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, hash BLOB NOT NULL, \
        seal BLOB NOT NULL, body BLOB) STRICT
        """,
    ]

    /// Opens the file for this process alone and makes sure that it is a log that can be read here.
    ///
    /// - Parameter isMarked: whether the log has a mark, and so has been made before.
    static func open(_ path: String, partition: UInt32, incarnation: LogIncarnation, isMarked: Bool) throws(LogError)
        -> Database
    {
        do {
            try Database.renewWAL(of: path, isExclusive: true)
            let database = try Database(path: path)
            try database.keepWALOnClose()
            // Before anything else is read: exclusive from the start means that there is no shared memory file.
            try database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0")
            let tables = try number("SELECT count(*) FROM sqlite_schema", database)
            let id = try number("PRAGMA application_id", database)
            let isNew = tables == 0 && id == 0 && !isMarked
            guard isNew || id == applicationID else {
                throw LogError.damaged(position: 0, reason: "\(path) is not a Martlet log")
            }
            if !isNew { try checkVersion(database, path) }
            try database.execute(
                """
                PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; \
                PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1
                """)
            if isNew { try make(database, partition, incarnation) }
            try checkTables(database, path)
            return database
        } catch let error as SQLiteError {
            throw LogError(error, path: path)
        } catch let error as LogError {
            throw error
        } catch {
            throw .engine("\(path): \(error)")
        }
    }

    private static func checkVersion(_ database: Database, _ path: String) throws {
        let found = try number("PRAGMA user_version", database)
        if found > version { throw LogError.newerVersion(found: found, supported: version) }
        guard found == version else {
            throw LogError.damaged(position: 0, reason: "\(path) has format \(found), which never was")
        }
    }

    private static func make(_ database: Database, _ partition: UInt32, _ incarnation: LogIncarnation) throws {
        let zeros = "zeroblob(32)"
        let (high, low) = (Int64(bitPattern: incarnation.high), Int64(bitPattern: incarnation.low))
        try database.transaction { () throws(SQLiteError) in
            for table in tables { try database.execute(table) }
            try database.execute(
                """
                INSERT INTO meta VALUES (1, \(partition), \(high), \(low), 0, \(zeros), 0, 0);
                INSERT INTO checkpoint VALUES (1, 0, \(zeros), \(zeros), NULL);
                PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)
                """)
        }
        // From here on, losing the write-ahead log loses entries, never what says that there should be some.
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// A table under another definition would be read as something else than was written.
    private static func checkTables(_ database: Database, _ path: String) throws {
        let statement = try database.prepare("SELECT sql FROM sqlite_schema ORDER BY rowid")
        defer { statement.reset() }
        for table in tables {
            guard try statement.step(), statement.text(at: 0) == table else {
                throw LogError.damaged(position: 0, reason: "\(path) does not have the tables of a Martlet log")
            }
        }
    }

    /// The first column of the first row.
    static func number(_ sql: String, _ database: Database) throws(SQLiteError) -> Int {
        let statement = try database.prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(at: 0)) : 0
    }
}

extension LogError {
    /// What a failed call means for the log in the file `path`, where it stood at `position`.
    init(_ error: SQLiteError, path: String, position: UInt64 = 0) {
        if error.isDiskFull {
            self = .full
        } else if error.isCorrupt {
            self = .damaged(position: position, reason: "\(path) cannot be read: \(error)")
        } else if error.isBusy {
            self = .held(by: "another process, or this one twice: \(path)")
        } else {
            self = .engine("\(path): \(error)")
        }
    }
}
