internal import MartletCore
internal import MartletSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Opens the file of a view, or refuses it.
///
/// Exactly one connection writes and checkpoints, which keeps clear of the WAL-reset bug of SQLite before 3.51.3.
enum ViewFile {
    static func openWriter(_ path: String, incarnation: String) throws(ViewError) -> Database {
        do {
            try Database.renewWAL(of: path)
            let moved = movedPosition(path)
            let database = try Database(path: path)
            try database.keepWALOnClose()
            try database.execute(
                "PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 0;"
                    + "PRAGMA cache_size = -16384")
            let isNew = try isEmpty(database)
            if !isNew {
                try check(database, path, incarnation)
                guard try moved <= position(database).position else {
                    throw ViewError.damaged("its write-ahead log has lost what was moved into the file")
                }
                try upgrade(database)
            } else {
                database.hasPageChecksums = true
            }
            try database.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                    + "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY")
            database.countWALPages()
            if isNew { try create(database, path, incarnation) }
            return database
        } catch {
            throw ViewError(error)
        }
    }

    static func openReader(_ path: String) throws(ViewError) -> Database {
        do {
            let database = try Database(path: path, mode: .readOnly)
            try database.execute(
                "PRAGMA busy_timeout = 5000; PRAGMA query_only = 1; PRAGMA mmap_size = 0; PRAGMA cache_size = -8192;"
                    + "PRAGMA temp_store = MEMORY")
            return database
        } catch {
            throw ViewError(error)
        }
    }

    static func position(_ database: Database) throws -> ViewPosition {
        let statement = try database.prepare("SELECT position, hash, time, epoch FROM view")
        guard try statement.step() else { throw ViewError.damaged("its position is missing") }
        defer { statement.reset() }
        let hash = statement.bytes(at: 1)
        guard hash.count == 32 else { throw ViewError.damaged("its hash has \(hash.count) bytes instead of 32") }
        return ViewPosition(
            position: statement.uint64(at: 0), hash: hash, time: Timestamp(microseconds: statement.int64(at: 2)),
            epoch: statement.uint64(at: 3))
    }

    static func position(at path: String) throws(ViewError) -> UInt64 {
        do {
            let database = try Database(path: path)
            try database.keepWALOnClose()
            return try position(database).position
        } catch {
            throw ViewError(error)
        }
    }

    /// The position up to which the write-ahead log was moved into the file, as far as the file alone can tell.
    ///
    /// SQLite takes a write-ahead log up to the first frame that is damaged. When that is one of those that were moved
    /// already, older pages stand in for newer ones, and each is whole: only the position tells.
    private static func movedPosition(_ path: String) -> UInt64 {
        do {
            return try position(Database(path: path, mode: .fileAlone)).position
        } catch {
            // Moving was cut short, or there is no file yet: what the log ahead holds is newer.
            return 0
        }
    }

    private static func isEmpty(_ database: Database) throws -> Bool {
        try number(database, "PRAGMA application_id") == 0
            && number(database, "SELECT count(*) FROM sqlite_schema") == 0
    }

    private static func check(_ database: Database, _ path: String, _ incarnation: String) throws {
        guard try number(database, "PRAGMA application_id") == Schema.applicationID else {
            throw ViewError.foreign("\(path) is a SQLite file of another program")
        }
        let version = try number(database, "PRAGMA user_version")
        guard version <= Schema.version else {
            throw ViewError.newerVersion(found: version, supported: Schema.version)
        }
        guard version >= 1 else {
            throw ViewError.damaged("\(path) has format version \(version), which no release wrote")
        }
        guard version < Schema.versionWithChecksums || database.hasPageChecksums else {
            throw ViewError.damaged("\(path) does not say that its pages have checksums")
        }
        let statement = try database.prepare("SELECT incarnation FROM view")
        guard try statement.step() else { throw ViewError.damaged("\(path) does not name its log") }
        defer { statement.reset() }
        let found = statement.text(at: 0)
        guard found == incarnation else {
            throw ViewError.foreign("\(path) follows the log \(found), not \(incarnation)")
        }
    }

    /// Version by version, each step whole or not at all.
    private static func upgrade(_ database: Database) throws {
        for version in try number(database, "PRAGMA user_version")..<Schema.version {
            if version + 1 == Schema.versionWithChecksums { try addChecksums(database) }
            try database.transaction { () throws(SQLiteError) in
                try database.execute(Schema.upgrades[version] ?? "")
                try database.execute("PRAGMA user_version = \(version + 1)")
            }
        }
    }

    /// The file is written anew, whole or not at all: its pages need room that only outside WAL mode can be made.
    private static func addChecksums(_ database: Database) throws {
        let mode = try database.prepare("PRAGMA journal_mode = DELETE")
        guard try mode.step(), mode.text(at: 0) == "delete" else {
            throw ViewError.engine("another process reads the view while it is brought up to date")
        }
        mode.reset()
        database.hasPageChecksums = true
        try database.execute("VACUUM")
    }

    private static func create(_ database: Database, _ path: String, _ incarnation: String) throws {
        // In one transaction with the marks: a crash leaves an empty file or a whole view.
        try database.transaction { () throws(SQLiteError) in
            try database.execute(Schema.creation)
            try database.execute(
                "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(Schema.version)")
            let statement = try database.prepare("INSERT INTO view VALUES (1, ?, 0, ?, 0, 0, 1, 1, 0)")
            statement.bind(incarnation, at: 1)
            statement.bind(ViewPosition.empty.hash, at: 2)
            try statement.run()
        }
        try syncFolder(of: path)
    }

    /// Makes the new file's name durable; SQLite syncs contents, and the folder only for its journals.
    private static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw ViewError.engine("cannot open the folder \(folder): error \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ViewError.engine("cannot sync the folder \(folder): error \(errno)") }
    }

    static func number(_ database: Database, _ sql: String) throws -> Int {
        let statement = try database.prepare(sql)
        guard try statement.step() else { throw ViewError.damaged("no answer to \(sql)") }
        defer { statement.reset() }
        return Int(statement.int64(at: 0))
    }
}
