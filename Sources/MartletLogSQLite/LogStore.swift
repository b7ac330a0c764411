internal import MartletLog
internal import MartletSQLite

/// The log in its file: what is done on the log's own thread, one thing at a time.
///
/// Whoever calls it stops for good after any error that ends a leadership; nothing here is tried twice.
final class LogStore {
    let partition: UInt32
    let path: String
    let database: Database
    let mark: MarkWriter
    let incarnation: LogIncarnation
    private(set) var head: LogHead
    /// The place of the last entry forgotten: the first that is kept follows from it.
    var start: LogHead
    var checkpointPosition: UInt64
    /// About how many pages the write-ahead log holds that are not in the file yet.
    var pendingPages = 0

    private let inserting: Statement
    private let reading: Statement
    private let placing: Statement

    init(_ folder: DataFolder, partition: UInt32, incarnation fresh: LogIncarnation) throws(LogError) {
        try folder.make()
        let path = folder.database
        let isMarked = try folder.status(of: folder.mark) != nil
        let isMade = try folder.makeFile(path)
        let isEmpty = try folder.status(of: path)?.size == 0
        if isMarked, isEmpty {
            // SQLite would take it for a new file and delete the write-ahead log beside it.
            throw .damaged(position: 1, reason: "\(path) is missing or empty, but \(folder.mark) is there: restore it")
        }
        let database = try LogFormat.open(path, partition: partition, incarnation: fresh, isMarked: isMarked)
        if isMade { try folder.sync() }
        do {
            let meta = try Meta(database)
            guard meta.partition == partition else {
                throw LogError.damaged(
                    position: 0, reason: "\(path) is the log of partition \(meta.partition), not \(partition)")
            }
            let last = try Self.lastPlace(database) ?? meta.start
            let first = try LogFormat.number("SELECT ifnull(min(position), 0) FROM entries", database)
            guard last.position == 0 || UInt64(exactly: first) == meta.start.position + 1 else {
                throw LogError.damaged(
                    position: meta.start.position + 1, reason: "the first entry in \(path) is \(first)")
            }
            (start, head, incarnation) = (meta.start, last, meta.incarnation)
            let checkpoint = try LogFormat.number("SELECT position FROM checkpoint WHERE id = 1", database)
            guard let checkpoint = UInt64(exactly: checkpoint) else {
                throw LogError.damaged(position: 0, reason: "the checkpoint in \(path) is at \(checkpoint)")
            }
            checkpointPosition = checkpoint
            inserting = try database.prepare("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            reading = try database.prepare(
                """
                SELECT position, epoch, nonce, time, previous, hash, length(body), body FROM entries \
                WHERE position >= ?1 ORDER BY position
                """)
            placing = try database.prepare("SELECT hash, epoch, time FROM entries WHERE position = ?1")
        } catch let error as SQLiteError {
            throw LogError(error, path: path)
        } catch let error as LogError {
            throw error
        } catch {
            throw .engine("\(path): \(error)")
        }
        (self.partition, self.path, self.database) = (partition, path, database)
        let current = HighWaterMark(
            incarnation: incarnation, position: head.position, hash: head.hash, checkpoint: checkpointPosition)
        let file = try MarkFile(in: folder, first: current)
        let marked = file.mark
        mark = MarkWriter(file)
        try compare(with: marked)
        try takeOver(try folder.status(of: path + "-wal")?.size ?? 0)
    }

    /// Begins with an empty write-ahead log: what another process has left in it was written anew.
    private func takeOver(_ bytes: Int) throws(LogError) {
        if bytes > 0 { try moveIntoFile(truncating: true) }
    }

    /// Appends in one statement, which is one transaction and one sync.
    ///
    /// - Throws: whatever leaves it open whether the entry is durable.
    func append(_ entry: Entry) throws(LogError) -> AppendOutcome {
        assert(entry.isIntact, "entry \(entry.header.position) was altered after it was made")
        precondition(entry.header.partition == partition, "the entry is of another partition")
        guard head.admits(entry) else { return .fenced(by: head) }
        do {
            try insert(entry)
        } catch {
            // A single statement that fails is rolled back whole. Trusted only once the file says so too.
            let expected = head
            let found = try engine { () throws(SQLiteError) in try Self.lastPlace(database) } ?? start
            head = found
            if error.isConstraint, found != expected { return .fenced(by: found) }
            if error.isDiskFull, found == expected { return .full }
            throw LogError.engine("\(path): \(error)")
        }
        head = LogHead(of: entry)
        pendingPages += entry.body.count / 4096 + 4
        try mark.post(position: head.position, hash: head.hash)
        return .committed
    }

    private func insert(_ entry: Entry) throws(SQLiteError) {
        let header = entry.header
        inserting.bind(header.position, at: 1)
        inserting.bind(header.epoch, at: 2)
        inserting.bind(header.nonce, at: 3)
        inserting.bind(header.time, at: 4)
        header.previous.withBytes { inserting.bind($0, at: 5) }
        entry.hash.withBytes { inserting.bind($0, at: 6) }
        inserting.bind(entry.body, at: 7)
        // The statement keeps a copy of the body for as long as it is bound.
        defer { inserting.clearBindings() }
        try inserting.run()
    }

    /// The contract is `EventLog.read`'s.
    func read(from position: UInt64, bytes: Int) throws(LogError) -> [Entry] {
        guard position > start.position else { throw .forgotten(first: start.position + 1) }
        guard position <= head.position else { return [] }
        var verifier = LogVerifier(partition: partition, after: try place(at: position - 1))
        var entries: [Entry] = []
        var room = bytes
        reading.bind(position, at: 1)
        defer { reading.reset() }
        while verifier.head.position < head.position {
            let next = verifier.head.position + 1
            guard try engine(at: next, { () throws(SQLiteError) in try reading.step() }) else {
                throw .damaged(position: next, reason: "the entry is missing: there is none after it")
            }
            room -= Int(reading.int64(at: 6))
            if room < 0, !entries.isEmpty { break }
            let entry = Entry(reading, partition: partition)
            try verifier.accept(entry)
            entries.append(entry)
        }
        return entries
    }

    /// The place in the chain of an entry that is kept, or of the last one forgotten.
    func place(at position: UInt64) throws(LogError) -> LogHead {
        if position == start.position { return start }
        placing.bind(position, at: 1)
        defer { placing.reset() }
        guard try engine(at: position, { () throws(SQLiteError) in try placing.step() }) else {
            throw .damaged(position: position, reason: "the entry is missing")
        }
        return LogHead(
            position: position, hash: placing.hash(at: 0), epoch: placing.uint64(at: 1), time: placing.int64(at: 2))
    }

    /// Runs `body`; its error is one of the log's, met at `position`.
    func engine<Value>(at position: UInt64 = 0, _ body: () throws(SQLiteError) -> Value) throws(LogError) -> Value {
        do {
            return try body()
        } catch {
            throw LogError(error, path: path, position: position)
        }
    }

    private static func lastPlace(_ database: Database) throws(SQLiteError) -> LogHead? {
        let statement = try database.prepare(
            "SELECT hash, epoch, time, position FROM entries ORDER BY position DESC LIMIT 1")
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return LogHead(
            position: statement.uint64(at: 3), hash: statement.hash(at: 0), epoch: statement.uint64(at: 1),
            time: statement.int64(at: 2))
    }
}
