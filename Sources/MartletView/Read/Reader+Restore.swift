internal import MartletCore
internal import MartletSQLite

/// What a leader starts from, and the queues. Costs follow the running jobs, the queues, the clients and the hot
/// keys: not the jobs that wait.
extension Reader {
    func restored(_ limits: Limits) throws -> Restored {
        let position = try ViewFile.position(database)
        let counters = try counters()
        let hot = try hotKeys(limits, at: position.time)
        let cold = try coldKeys(before: hot.first, of: counters.keys - hot.seen, limits, at: position.time)
        let restored = Restored(
            epoch: position.epoch, nextNumber: counters.nextNumber, nextToken: counters.nextToken,
            running: try running(), queues: try laneCounts(), clients: try clients(limits), keys: hot.keys,
            coldKeyCount: cold.count, coldKeysUntil: cold.until)
        try check(restored)
        return restored
    }

    /// A partition takes the account as it is: what runs must be what is counted, each job once.
    private func check(_ restored: Restored) throws(ViewError) {
        var running: [String: Int] = [:]
        var seen: Set<JobID> = []
        for job in restored.running {
            running[job.subject.queue, default: 0] += 1
            guard seen.insert(job.subject.id).inserted else { throw .damaged("job \(job.subject.id) is there twice") }
            guard let token = job.lease?.token.value, token < restored.nextToken,
                job.subject.number < restored.nextNumber
            else { throw .damaged("job \(job.subject.id) is from after its end") }
        }
        guard restored.queues.allSatisfy({ !$0.name.isEmpty }) else { throw .damaged("a queue has no name") }
        for (name, counts) in restored.queues where counts.running != running.removeValue(forKey: name) ?? 0 {
            throw .damaged("queue \(name) counts \(counts.running) jobs as running, and there are others")
        }
        guard running.isEmpty else { throw .damaged("jobs run in a queue that counts none") }
    }

    /// By name.
    func queues() throws -> [QueueRecord] {
        var queues: [QueueRecord] = []
        try rows(
            "SELECT id, name, scheduled, queued, running, retrying, succeeded, dead, cancelled FROM queues ORDER BY name"
        ) { row in
            var counts: [JobState: Int] = [:]
            for state in JobState.allCases { counts[state] = try Self.count(row, at: Int32(state.rawValue) + 1) }
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
                + "WHERE (scheduled | queued | running | retrying) <> 0 ORDER BY name"
        ) { row in
            let counts = LaneCounts(
                scheduled: try Self.count(row, at: 1), queued: try Self.count(row, at: 2),
                running: try Self.count(row, at: 3), retrying: try Self.count(row, at: 4))
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

    /// Looks at as many of the newest keys as may be hot, and takes those that have not expired, oldest first.
    ///
    /// An expired key says nothing about older ones: they outlive it if the window was longer when they came. There is
    /// no index by time, and any number of expired keys may stand here: those left out for them are cold.
    ///
    /// - Returns: also how many keys were looked at, and the number of the oldest of them.
    private func hotKeys(
        _ limits: Limits, at time: Timestamp
    ) throws -> (keys: [RememberedKey], seen: Int, first: Int64) {
        var keys: [RememberedKey] = []
        var (seen, first) = (0, Int64.max)
        let sql = "SELECT number, key, fingerprint, id, expires FROM keys ORDER BY number DESC LIMIT ?"
        try rows(sql, [Int64(max(0, limits.hotKeys))]) { row in
            seen += 1
            first = row.int64(at: 0)
            if row.int64(at: 4) > time.microseconds { keys.append(try rememberedKey(row)) }
            return .next
        }
        return (keys.reversed(), seen, first)
    }

    /// How many of the `count` keys before `number` have not expired, and until when the last of them counts.
    ///
    /// Exact if these are no more than may be hot. Of more only as many are looked at, the oldest, among which are most
    /// of those that have expired: there may be fewer then, and they may end earlier. Too few would be forgotten keys,
    /// too many cost only a look for a key that is not there.
    private func coldKeys(
        before number: Int64, of count: Int, _ limits: Limits, at time: Timestamp
    ) throws -> (count: Int, until: Timestamp) {
        var (seen, expired) = (0, 0)
        var until = time
        let sql = "SELECT expires FROM keys WHERE number < ? ORDER BY number LIMIT ?"
        try rows(sql, [number, Int64(max(0, limits.hotKeys))]) { row in
            let expires = Timestamp(microseconds: row.int64(at: 0))
            seen += 1
            if expires <= time { expired += 1 }
            until = max(until, expires)
            return .next
        }
        return (max(0, count - expired), seen < count ? .distantFuture : until)
    }
}
