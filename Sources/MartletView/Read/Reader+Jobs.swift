internal import MartletCore
internal import MartletSQLite

/// Single jobs, by their identifiers.
extension Reader {
    func job(_ id: JobID, _ extent: JobRow.Extent) throws -> JobRecord? {
        let statement = try statement("SELECT \(JobRow.columns) FROM jobs WHERE id = ?")
        defer { statement.reset() }
        statement.bind(high: id.high, low: id.low, at: 1)
        guard try statement.step() else { return nil }
        return try JobRow.record(statement, extent, self)
    }

    func history(of id: JobID) throws -> [HistoryEvent]? {
        let statement = try statement("SELECT history FROM jobs WHERE id = ?")
        defer { statement.reset() }
        statement.bind(high: id.high, low: id.low, at: 1)
        guard try statement.step() else { return nil }
        do {
            return try JobRow.unpack(statement, 0, History.decode)
        } catch {
            throw ViewError.damaged("history of job \(id): \(error)")
        }
    }

    func waitingJob(_ id: JobID) throws -> Job? {
        guard let job = try job(id, .withPayload)?.job else { return nil }
        switch job.state {
        case .scheduled, .queued, .retrying, .dead: return job
        case .running, .succeeded, .cancelled: return nil
        }
    }

    func keys(_ keys: [String]) throws -> [RememberedKey] {
        let statement = try statement("SELECT number, key, fingerprint, id, expires FROM keys WHERE key = ?")
        var found: [RememberedKey] = []
        for key in keys {
            defer { statement.reset() }
            statement.bind(key, at: 1)
            guard try statement.step() else { continue }
            found.append(try rememberedKey(statement))
        }
        return found
    }

    func rememberedKey(_ row: Statement) throws -> RememberedKey {
        let key = row.text(at: 1)
        do {
            let (high, low) = try JobRow.unpack(row, 3, PackedColumns.decodeHalves)
            return RememberedKey(
                idempotency: Idempotency(key: key, fingerprint: row.uint64(at: 2)),
                job: JobID(high: high, low: low), expires: Timestamp(microseconds: row.int64(at: 4)))
        } catch {
            throw ViewError.damaged("the idempotency key \(key): \(error)")
        }
    }
}
