internal import MartletCore
internal import MartletSQLite

/// What a leader starts from, and the queues. Costs follow the running jobs, the queues, the clients and the hot
/// keys: not the jobs that wait.
extension Reader {
    func restored(_ limits: Limits) throws -> Restored {
        let position = try ViewFile.position(database)
        guard let nextNumber = try number("SELECT next_number FROM view"),
            let nextToken = try number("SELECT next_token FROM view")
        else { throw ViewError.damaged("its position is missing") }
        let (keys, coldKeyCount) = try hotKeys(limits, at: position.time)
        return Restored(
            epoch: position.epoch, nextNumber: UInt64(bitPattern: nextNumber), nextToken: UInt64(bitPattern: nextToken),
            running: try running(), queues: try laneCounts(), clients: try clients(limits), keys: keys,
            coldKeyCount: coldKeyCount)
    }

    /// By name.
    func queues() throws -> [QueueRecord] {
        var queues: [QueueRecord] = []
        try rows(
            "SELECT id, name, scheduled, queued, running, retrying, succeeded, dead, cancelled FROM queues ORDER BY name"
        ) { row in
            var counts: [JobState: Int] = [:]
            for state in JobState.allCases { counts[state] = Int(row.int64(at: Int32(state.rawValue) + 1)) }
            let oldest = row.int64(at: 3) > 0 ? try oldestQueued(row.int64(at: 0)) : nil
            queues.append(QueueRecord(name: row.text(at: 1), counts: counts, oldestWaiting: oldest))
            return .next
        }
        return queues
    }

    /// The first number of each rank is the oldest of that rank.
    private func oldestQueued(_ queue: Int64) throws -> Timestamp? {
        let sql =
            "SELECT submitted FROM jobs INDEXED BY jobs_queued WHERE state = 2 AND queue = ? AND rank = ? "
            + "ORDER BY number"
        let oldest = try (0...9).compactMap { rank in try number(sql, [queue, rank]) }.min()
        return oldest.map(Timestamp.init(microseconds:))
    }

    private func running() throws -> [Job] {
        var jobs: [Job] = []
        try rows(
            "SELECT \(JobRow.columns) FROM jobs INDEXED BY jobs_rare "
                + "WHERE state = 3 AND \(Schema.isRare) ORDER BY number"
        ) { row in
            jobs.append(try JobRow.record(row, .withPayload, self).job)
            return .next
        }
        return jobs
    }

    private func laneCounts() throws -> [(name: String, counts: LaneCounts)] {
        var queues: [(name: String, counts: LaneCounts)] = []
        try rows(
            "SELECT name, scheduled, queued, running, retrying FROM queues "
                + "WHERE scheduled + queued + running + retrying > 0 ORDER BY name"
        ) { row in
            let counts = LaneCounts(
                scheduled: Int(row.int64(at: 1)), queued: Int(row.int64(at: 2)), running: Int(row.int64(at: 3)),
                retrying: Int(row.int64(at: 4)))
            queues.append((row.text(at: 0), counts))
            return .next
        }
        return queues
    }

    /// Those used last, the one idle for longest first.
    private func clients(_ limits: Limits) throws -> [RememberedClient] {
        var clients = try rememberedClients()
        clients.sort(by: RememberedClient.isUsedBefore)
        return clients.suffix(limits.clients)
    }

    /// In the order of their identifiers.
    func rememberedClients() throws -> [RememberedClient] {
        var clients: [RememberedClient] = []
        try rows("SELECT client, last_used, submissions FROM clients") { row in
            do {
                let (high, low) = try JobRow.unpack(row, 0, PackedColumns.decodeHalves)
                clients.append(
                    RememberedClient(
                        client: ClientID(high: high, low: low), lastUsed: Timestamp(microseconds: row.int64(at: 1)),
                        submissions: try JobRow.unpack(row, 2, PackedColumns.decodeSubmissions)))
            } catch {
                throw ViewError.damaged("a client: \(error)")
            }
            return .next
        }
        return clients
    }

    /// The newest keys that have not expired, oldest first, and how many older ones there are.
    private func hotKeys(_ limits: Limits, at time: Timestamp) throws -> ([RememberedKey], cold: Int) {
        var hot: [RememberedKey] = []
        var isRest = false
        try rows("SELECT number, key, fingerprint, id, expires FROM keys ORDER BY number DESC") { row in
            let key = try rememberedKey(row)
            isRest = key.expires > time && hot.count == limits.hotKeys
            guard key.expires > time, !isRest else { return .enough }
            hot.append(key)
            return .next
        }
        guard isRest else { return (hot.reversed(), 0) }
        let all = try number("SELECT keys FROM view") ?? 0
        // Expired keys stand at the low end until they are retired.
        var expired = 0
        try rows("SELECT expires FROM keys ORDER BY number") { row in
            guard row.int64(at: 0) <= time.microseconds else { return .enough }
            expired += 1
            return .next
        }
        return (hot.reversed(), Int(all) - expired - hot.count)
    }
}
