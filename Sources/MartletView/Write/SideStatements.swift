internal import MartletCore
internal import MartletSQLite

/// Writes all that stands beside the jobs: counters, clients, keys, and the position.
final class SideStatements {
    private let view: Statement
    private let queue: Statement
    private let deleteQueue: Statement
    private let kind: Statement
    private let deleteKind: Statement
    private let client: Statement
    private let deleteClient: Statement
    private let key: Statement
    private let deleteKey: Statement
    private let database: Database

    init(_ database: Database) throws(SQLiteError) {
        self.database = database
        view = try database.prepare(
            "UPDATE view SET position = ?, hash = ?, time = ?, epoch = ?, next_number = ?, next_token = ?, keys = ?")
        queue = try database.prepare("INSERT OR REPLACE INTO queues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        deleteQueue = try database.prepare("DELETE FROM queues WHERE id = ?")
        kind = try database.prepare("INSERT OR REPLACE INTO kinds VALUES (?, ?, ?)")
        deleteKind = try database.prepare("DELETE FROM kinds WHERE id = ?")
        client = try database.prepare("INSERT OR REPLACE INTO clients VALUES (?, ?, ?)")
        deleteClient = try database.prepare("DELETE FROM clients WHERE client = ?")
        key = try database.prepare("INSERT INTO keys VALUES (?, ?, ?, ?, ?)")
        deleteKey = try database.prepare("DELETE FROM keys WHERE key = ?")
    }

    func write(_ changes: Changes, keyCount: Int) throws {
        try changes.queues.forEachChanged { try write($0) }
        try changes.kinds.forEachChanged { try writeKind($0) }
        try write(changes.clients)
        let position = changes.position
        view.bind(position.position, at: 1)
        view.bind(position.hash, at: 2)
        view.bind(position.time.microseconds, at: 3)
        view.bind(position.epoch, at: 4)
        view.bind(changes.nextNumber, at: 5)
        view.bind(changes.nextToken, at: 6)
        view.bind(keyCount, at: 7)
        try view.run()
        guard database.changes == 1 else { throw ViewError.damaged("its position is missing") }
    }

    /// Returns by how many the keys have grown: one that is used again after its window takes the place of the old.
    func write(_ keys: [Changes.Key]) throws(SQLiteError) -> Int {
        var grown = 0
        for new in keys {
            deleteKey.bind(new.remembered.idempotency.key, at: 1)
            try deleteKey.run()
            grown += 1 - database.changes
            key.bind(new.number, at: 1)
            key.bind(new.remembered.idempotency.key, at: 2)
            key.bind(new.remembered.idempotency.fingerprint, at: 3)
            key.bind(high: new.remembered.job.high, low: new.remembered.job.low, at: 4)
            key.bind(new.remembered.expires.microseconds, at: 5)
            try key.run()
        }
        return grown
    }

    private func write(_ entry: Tallies.Entry) throws {
        guard !entry.isGone else {
            deleteQueue.bind(entry.id, at: 1)
            return try deleteQueue.run()
        }
        queue.bind(entry.id, at: 1)
        queue.bind(entry.name, at: 2)
        for state in JobState.allCases {
            let count = entry.counts[Int(state.rawValue)]
            guard count >= 0 else { throw ViewError.damaged("queue \(entry.name) has \(count) jobs \(state)") }
            queue.bind(count, at: Int32(state.rawValue) + 2)
        }
        try queue.run()
    }

    private func writeKind(_ entry: Tallies.Entry) throws(SQLiteError) {
        guard !entry.isGone else {
            deleteKind.bind(entry.id, at: 1)
            return try deleteKind.run()
        }
        kind.bind(entry.id, at: 1)
        kind.bind(entry.name, at: 2)
        kind.bind(entry.counts[0], at: 3)
        try kind.run()
    }

    private func write(_ clients: ClientBook) throws(SQLiteError) {
        let (written, deleted) = clients.changes()
        for id in deleted {
            deleteClient.bind(high: id.high, low: id.low, at: 1)
            try deleteClient.run()
        }
        for remembered in written {
            client.bind(high: remembered.client.high, low: remembered.client.low, at: 1)
            client.bind(remembered.lastUsed.microseconds, at: 2)
            client.bind(PackedColumns.encode(remembered.submissions), at: 3)
            try client.run()
        }
    }
}
