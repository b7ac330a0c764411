internal import MartletCore
internal import MartletSQLite

/// Deletes what has been kept for long enough.
extension Writer {
    private struct Finished {
        var number: Int64
        var queue: String
        var kind: String
        var state: Int
    }

    func retire(
        finishedBefore: Timestamp, keysExpiredBefore: Timestamp, limit: Int, except kept: Loans
    ) throws(ViewError) -> Int {
        try flush()
        var deleted = 0
        do {
            let old = try finished(before: finishedBefore, limit: limit, except: kept)
            let keys = try expiredKeys(before: keysExpiredBefore, limit: limit - old.count)
            guard !old.isEmpty || !keys.isEmpty else { return 0 }
            let statements = try ["jobs", "payloads"].map { try database.prepare("DELETE FROM \($0) WHERE number = ?") }
            let deleteKey = try database.prepare("DELETE FROM keys WHERE number = ?")
            count(old, -1)
            try transaction {
                for job in old { for statement in statements { try statement.run(with: job.number) } }
                for number in keys { try deleteKey.run(with: number) }
                keyCount -= keys.count
            } undo: {
                // The same jobs are found, and counted, by the next call.
                count(old, 1)
            }
            deleted = old.count + keys.count
        } catch {
            throw ViewError(error)
        }
        return deleted
    }

    private func count(_ jobs: [Finished], _ difference: Int64) {
        for job in jobs {
            changes.queues.add(difference, at: job.state, of: job.queue)
            changes.kinds.add(difference, at: 0, of: job.kind)
        }
    }

    private func finished(before: Timestamp, limit: Int, except kept: Loans) throws -> [Finished] {
        let statement = try database.prepare(
            "SELECT j.number, q.name, k.name, j.state, j.id FROM jobs j INDEXED BY jobs_finished "
                + "JOIN queues q ON q.id = j.queue JOIN kinds k ON k.id = j.kind "
                + "WHERE j.finished IS NOT NULL AND j.finished < ? ORDER BY j.finished, j.number")
        defer { statement.reset() }
        statement.bind(before.microseconds, at: 1)
        var found: [Finished] = []
        while found.count < limit, try statement.step() {
            let (high, low) = try statement.withBytes(at: 4) { bytes throws(MalformedBytes) in
                try PackedColumns.decodeHalves(bytes)
            }
            guard !kept.contains(JobID(high: high, low: low)) else { continue }
            found.append(
                Finished(
                    number: statement.int64(at: 0), queue: statement.text(at: 1), kind: statement.text(at: 2),
                    state: Int(statement.int64(at: 3))))
        }
        return found
    }

    /// By number, so that no index is needed: after the window was made shorter, what has expired behind a key that has not
    /// waits for that one.
    private func expiredKeys(before: Timestamp, limit: Int) throws(SQLiteError) -> [Int64] {
        let statement = try database.prepare("SELECT number, expires FROM keys ORDER BY number")
        defer { statement.reset() }
        var found: [Int64] = []
        while found.count < limit, try statement.step(), statement.int64(at: 1) < before.microseconds {
            found.append(statement.int64(at: 0))
        }
        return found
    }
}

extension Statement {
    fileprivate func run(with number: Int64) throws(SQLiteError) {
        bind(number, at: 1)
        try run()
    }
}
