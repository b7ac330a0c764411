internal import MartletCore
internal import MartletSQLite

/// What the writer keeps in memory, read once when the view is opened.
extension Reader {
    func loaded(at position: ViewPosition, _ limits: Limits) throws -> (Changes, keyCount: Int) {
        var header: [Int64] = []
        try rows("SELECT next_number, next_token, keys FROM view") { row in
            header = [row.int64(at: 0), row.int64(at: 1), row.int64(at: 2)]
            return .enough
        }
        guard header.count == 3 else { throw ViewError.damaged("its position is missing") }
        var changes = Changes(
            at: position, nextNumber: UInt64(bitPattern: header[0]), nextToken: UInt64(bitPattern: header[1]),
            limits: limits)
        try rows(
            "SELECT id, name, scheduled, queued, running, retrying, succeeded, dead, cancelled FROM queues"
        ) { row in
            var entry = Tallies.Entry(id: row.int64(at: 0), name: row.text(at: 1))
            for state in JobState.allCases {
                entry.counts[Int(state.rawValue)] = row.int64(at: Int32(state.rawValue) + 1)
            }
            changes.queues.load(entry)
            return .next
        }
        try rows("SELECT id, name, jobs FROM kinds") { row in
            var entry = Tallies.Entry(id: row.int64(at: 0), name: row.text(at: 1))
            entry.counts[0] = row.int64(at: 2)
            changes.kinds.load(entry)
            return .next
        }
        for client in try rememberedClients() { changes.clients.load(client) }
        return (changes, Int(header[2]))
    }
}
