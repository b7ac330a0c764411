internal import MartletLog
internal import MartletSQLite

/// What the file says of the log as a whole.
struct Meta {
    let partition: UInt32
    let incarnation: LogIncarnation
    let start: LogHead

    init(_ database: Database) throws {
        let statement = try database.prepare(
            """
            SELECT partition, incarnation_high, incarnation_low, start_position, start_hash, start_epoch, start_time \
            FROM meta WHERE id = 1
            """)
        defer { statement.reset() }
        guard try statement.step(), let partition = UInt32(exactly: statement.int64(at: 0)) else {
            throw LogError.damaged(position: 0, reason: "the file does not say whose log it is")
        }
        self.partition = partition
        incarnation = LogIncarnation(high: statement.uint64(at: 1), low: statement.uint64(at: 2))
        start = LogHead(
            position: statement.uint64(at: 3), hash: statement.hash(at: 4), epoch: statement.uint64(at: 5),
            time: statement.int64(at: 6))
        guard statement.int64(at: 3) >= 0 else {
            throw LogError.damaged(position: 0, reason: "the file says that its entries begin at \(start.position)")
        }
    }
}

extension Entry {
    /// An entry as `LogStore.read` selects it.
    init(_ row: Statement, partition: UInt32) {
        let header = EntryHeader(
            partition: partition, position: row.uint64(at: 0), epoch: row.uint64(at: 1), nonce: row.uint64(at: 2),
            previous: row.hash(at: 4), time: row.int64(at: 3))
        self.init(header: header, body: row.bytes(at: 7), hash: row.hash(at: 5))
    }
}

extension Statement {
    /// Zeros when there are not 32 bytes: no entry has that hash, so whoever compares it notices.
    func hash(at column: Int32) -> EntryHash {
        withBytes(at: column) { EntryHash(bytes: $0) } ?? .zero
    }
}

extension LogStore {
    /// Compares the log with its high-water mark and verifies what came after the mark, the last entry at least.
    ///
    /// - Throws: `LogError.damaged` when the log is behind the mark or is another one.
    func compare(with mark: HighWaterMark) throws(LogError) {
        let advice = "restore the log from a backup, or, knowing what is lost, remove the mark beside \(path)"
        guard mark.incarnation == incarnation else {
            throw .damaged(position: mark.position, reason: "the mark is that of another log: \(advice)")
        }
        guard mark.position <= head.position else {
            throw .damaged(
                position: head.position + 1,
                reason: "entries up to \(mark.position) were acknowledged, and the file ends at \(head.position): "
                    + advice)
        }
        guard mark.position >= start.position else {
            throw .damaged(position: start.position, reason: "entries were forgotten after the mark: \(advice)")
        }
        guard try place(at: mark.position).hash == mark.hash else {
            throw .damaged(position: mark.position, reason: "another entry was acknowledged there: \(advice)")
        }
        guard mark.checkpoint <= checkpointPosition else {
            throw .damaged(
                position: mark.checkpoint,
                reason: "a checkpoint was kept there, and the file has the one at \(checkpointPosition): \(advice)")
        }
        var next = max(start.position + 1, min(mark.position, head.position))
        while next <= head.position {
            next += UInt64(try read(from: next, bytes: 1 << 20).count)
        }
    }
}
