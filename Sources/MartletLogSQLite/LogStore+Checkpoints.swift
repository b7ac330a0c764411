internal import MartletLog
internal import MartletSQLite

extension LogStore {
    /// The contract is `EventLog.keep`'s.
    func keep(_ checkpoint: Checkpoint) throws(LogError) {
        let position = checkpoint.position
        guard position >= checkpointPosition else { return }
        guard position <= head.position else {
            throw .damaged(position: position, reason: "the checkpoint is ahead of the log")
        }
        // Not older than the checkpoint that is kept, it is not older than what was forgotten.
        let hash = try place(at: position).hash
        guard hash == checkpoint.hash else {
            throw .damaged(position: position, reason: "the checkpoint has \(checkpoint.hash), the log \(hash)")
        }
        try engine(at: position) { () throws(SQLiteError) in
            let statement = try database.prepare(
                "UPDATE checkpoint SET position = ?1, hash = ?2, seal = ?3, body = ?4 WHERE id = 1")
            statement.bind(position, at: 1)
            hash.withBytes { statement.bind($0, at: 2) }
            checkpoint.seal(in: partition).withBytes { statement.bind($0, at: 3) }
            statement.bind(checkpoint.body, at: 4)
            try statement.run()
        }
        guard database.changes == 1 else {
            throw .damaged(position: position, reason: "the row of the checkpoint is missing from \(path)")
        }
        checkpointPosition = position
        pendingPages += checkpoint.body.count / 4096 + 4
        try mark.post(checkpoint: position)
    }

    /// The contract is `EventLog.checkpoint`'s.
    func checkpoint() throws(LogError) -> Checkpoint? {
        let position = checkpointPosition
        let found = try engine(at: position) { () throws(SQLiteError) -> (Checkpoint?, seal: EntryHash)? in
            let statement = try database.prepare("SELECT position, hash, seal, body FROM checkpoint WHERE id = 1")
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            if statement.uint64(at: 0) == 0, statement.isNull(at: 3) { return (nil, statement.hash(at: 2)) }
            let checkpoint = Checkpoint(
                position: statement.uint64(at: 0), hash: statement.hash(at: 1), body: statement.bytes(at: 3))
            return (checkpoint, statement.hash(at: 2))
        }
        guard let found else {
            throw .damaged(position: position, reason: "the row of the checkpoint is missing from \(path)")
        }
        guard found.seal == found.0?.seal(in: partition) ?? .zero else {
            throw .damaged(position: position, reason: "the checkpoint does not match its seal")
        }
        return found.0
    }

    /// Forgets some of the entries up to `position`, few enough for appends not to wait long. False when there is
    /// nothing left to forget.
    func forgetSome(through position: UInt64) throws(LogError) -> Bool {
        guard position <= checkpointPosition else { throw .notCovered(position: position) }
        let last = min(position, lastForgettable)
        guard last > start.position else { return false }
        // The entry at the mark must be there when the log is opened again.
        try mark.settle()
        let chunk = try nextChunk(through: last, bytes: Self.chunkBytes)
        let end = try place(at: chunk.end)
        try engine(at: end.position) { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                let deleting = try database.prepare("DELETE FROM entries WHERE position <= ?1")
                deleting.bind(end.position, at: 1)
                try deleting.run()
                let moving = try database.prepare(
                    """
                    UPDATE meta SET start_position = ?1, start_hash = ?2, start_epoch = ?3, start_time = ?4 \
                    WHERE id = 1
                    """)
                moving.bind(end.position, at: 1)
                end.hash.withBytes { moving.bind($0, at: 2) }
                moving.bind(end.epoch, at: 3)
                moving.bind(end.time, at: 4)
                try moving.run()
            }
        }
        // Many builds of SQLite wipe what is deleted: then the pages that become free are written too.
        pendingPages += chunk.bytes / 4096 + Int(end.position - start.position)
        start = end
        return true
    }

    /// The contract is `EventLog.excess`'s.
    func excess(over bytes: Int) throws(LogError) -> UInt64? {
        guard lastForgettable > start.position else { return nil }
        let excess = try bytesInUse() - bytes
        guard excess > 0 else { return nil }
        let step = min(max(excess, Self.leastChunkBytes), Self.chunkBytes)
        return try nextChunk(through: lastForgettable, bytes: step).end
    }

    /// Each chunk is one transaction, for which an append may have to wait.
    private static let chunkBytes = 2 << 20
    /// Small entries share pages: forgotten one by one, they would make many a sync for each page that becomes free.
    private static let leastChunkBytes = 64 << 10

    /// The last entry stays: it says where the log stands.
    private var lastForgettable: UInt64 { max(head.position, 1) - 1 }

    /// What the pages that are in use take: two numbers of the file's header, however long the log is. The free ones
    /// are used again before the file grows.
    private func bytesInUse() throws(LogError) -> Int {
        try engine { () throws(SQLiteError) in
            let pages = try LogFormat.number("PRAGMA page_count", database)
            let free = try LogFormat.number("PRAGMA freelist_count", database)
            return (pages - free) * 4096
        }
    }

    /// The first entries that are kept, up to `last`: at most 256, or about `bytes` of bodies. Says where they end and
    /// how much their bodies hold.
    private func nextChunk(through last: UInt64, bytes: Int) throws(LogError) -> (end: UInt64, bytes: Int) {
        let start = self.start.position
        return try engine(at: start + 1) { () throws(SQLiteError) in
            let statement = try database.prepare(
                """
                SELECT position, length(body) FROM entries WHERE position BETWEEN ?1 AND ?2 \
                ORDER BY position LIMIT 256
                """)
            statement.bind(start + 1, at: 1)
            statement.bind(last, at: 2)
            defer { statement.reset() }
            var chunk = (end: start + 1, bytes: 0)
            while chunk.bytes < bytes, try statement.step() {
                chunk.end = statement.uint64(at: 0)
                chunk.bytes += Int(statement.int64(at: 1))
            }
            return chunk
        }
    }

    /// Moves the write-ahead log into the file, so that its room is used again; `truncating` gives it back.
    ///
    /// On a full disk it stays as it is, complete, and the next time may do better.
    func moveIntoFile(truncating: Bool = false) throws(LogError) {
        do {
            pendingPages = try engine { () throws(SQLiteError) in
                try database.moveWAL(truncating ? .truncate : .passive)
            }
        } catch .full {
            pendingPages = 0
        }
    }

    /// Walks the pages of the file, without the entries in them.
    func checkPages() throws(LogError) {
        let report = try engine { () throws(SQLiteError) in
            let statement = try database.prepare("PRAGMA quick_check(1)")
            defer { statement.reset() }
            return try statement.step() ? statement.text(at: 0) : "no answer"
        }
        guard report == "ok" else { throw .damaged(position: 0, reason: "\(path): \(report)") }
    }
}
