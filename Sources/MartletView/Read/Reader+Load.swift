internal import MartletCore
internal import MartletSQLite

/// What the writer keeps in memory, read once when the view is opened.
extension Reader {
    func loaded(at position: ViewPosition, _ limits: Limits) throws -> (Changes, keyCount: Int) {
        let counters = try counters()
        var changes = Changes(
            at: position, nextNumber: counters.nextNumber, nextToken: counters.nextToken, limits: limits)
        try rows(
            "SELECT id, name, scheduled, queued, running, retrying, succeeded, dead, cancelled FROM queues"
        ) { row in
            var entry = Tallies.Entry(id: try Self.id(of: row), name: row.text(at: 1))
            for state in JobState.allCases {
                entry.counts[Int(state.rawValue)] = Int64(try Self.count(row, at: Int32(state.rawValue) + 1))
            }
            changes.queues.load(entry)
            return .next
        }
        try rows("SELECT id, name, jobs FROM kinds") { row in
            var entry = Tallies.Entry(id: try Self.id(of: row), name: row.text(at: 1))
            entry.counts[0] = Int64(try Self.count(row, at: 2))
            changes.kinds.load(entry)
            return .next
        }
        for client in try rememberedClients() { changes.clients.load(client) }
        return (changes, counters.keys)
    }

    /// The numbers that the next job and the next lease get, and how many keys there are.
    func counters() throws -> (nextNumber: UInt64, nextToken: UInt64, keys: Int) {
        var found: (UInt64, UInt64, Int)?
        try rows("SELECT next_number, next_token, keys FROM view") { row in
            let next = [row.uint64(at: 0), row.uint64(at: 1)]
            guard next.allSatisfy({ (1..<UInt64(Int64.max)).contains($0) }) else {
                throw ViewError.damaged("the next number is \(next[0]) and the next token \(next[1])")
            }
            found = (next[0], next[1], try Self.count(row, at: 2))
            return .enough
        }
        guard let found else { throw ViewError.damaged("its position is missing") }
        return found
    }

    /// What counts jobs or keys. The bound is out of reach, and far from where sums overflow.
    static func count(_ row: Statement, at column: Int32) throws(ViewError) -> Int {
        let count = row.int64(at: column)
        guard (0...1 << 48).contains(count) else { throw .damaged("it counts \(count) of something") }
        return Int(count)
    }

    private static func id(of row: Statement) throws(ViewError) -> Int64 {
        let id = row.int64(at: 0)
        guard (1...1 << 48).contains(id) else { throw .damaged("a name has the number \(id)") }
        return id
    }
}
