import MartletCore
import MartletView
import MartletWire
import NIOCore

extension Leader {
    /// Decides a submission; `reply` hears its fate once it is durable, or refused.
    func submit(
        _ jobs: [JobSpec], stamp: SubmissionStamp?, reply: @escaping @Sendable (Result<[JobID], NodeError>) -> Void
    ) async {
        do {
            try requireRoom()
            let submission = Command.Submission(jobs: jobs, stamp: stamp, seed: random.next())
            let answer = try await withKeys(of: submission) { () throws(NodeError) in
                try requireLeading()
                return try settle(.submit(submission))
            }
            guard case .submitted(let ids) = answer else { return }
            batch.effects.append(.answer { failure in reply(failure.map(Result.failure) ?? .success(ids)) })
            wakeWriter()
        } catch {
            reply(.failure(error))
        }
    }

    /// Decides a command; what the partition refuses comes back as the node's error.
    private func settle(_ command: Command) throws(NodeError) -> Answer {
        do {
            return try decide(command)
        } catch {
            if case .exhausted(let what, let limit) = error {
                throw exhausted(what, limit)
            }
            throw .refused(error)
        }
    }

    /// Refuses submissions for want of room; whatever ends a job is always let in.
    private func requireRoom() throws(NodeError) {
        try requireLeading()
        guard !isDiskFull else {
            metrics.exhausted += 1
            throw .exhausted(what: "disk space", limit: "the disk is full", retryAfter: .seconds(5))
        }
        guard batch.bytes + lookupBytes < configuration.pendingBytes else {
            throw exhausted("bytes waiting to be written", configuration.pendingBytes, .milliseconds(100))
        }
    }

    /// A bound is reached: counted, and to be thrown.
    func exhausted(_ what: String, _ limit: Int, _ retryAfter: Duration = .seconds(1)) -> NodeError {
        metrics.exhausted += 1
        return .exhausted(what: what, limit: "\(limit)", retryAfter: retryAfter)
    }

    func cancel(_ id: JobID) async throws(NodeError) -> JobRecord {
        try await change(id, .cancel(id))
    }

    func redrive(_ id: JobID) async throws(NodeError) -> JobRecord {
        try await change(id, .redrive(id))
    }

    /// Decides a command that names one job, wherever the job is, and gives the job as it stands then.
    private func change(_ id: JobID, _ command: Command) async throws(NodeError) -> JobRecord {
        try requireLeading()
        view.lend(id)
        do throws(NodeError) {
            try await admitIfCold(id)
            try requireLeading()
            defer { partition.dismiss(id) }
            _ = try settle(command)
        } catch {
            view.takeBack(id)
            guard case .refused(.unknownJob) = error else { throw error }
            // Finished jobs are not held by the partition: their record tells what is wrong with the command.
            throw .refused(.wrongState(id, try await job(id).job.state))
        }
        // Should this fail, the fact may be in the log all the same: the job stays lent until the view is opened anew.
        try await committed()
        // Not before what was projected is written: reading it sees to that.
        defer { view.takeBack(id) }
        return try await job(id)
    }

    func job(_ id: JobID) async throws(NodeError) -> JobRecord {
        let found = try await reading { view async throws(ViewError) in try await view.job(id) }
        guard let found else { throw .unknownJob(id) }
        return found
    }

    /// The job once it is final, or as it stands when the time is over.
    func job(_ id: JobID, finishedWithin wait: Duration) async throws(NodeError) -> JobRecord {
        guard waiters.count < configuration.waiters else {
            throw exhausted("waiting calls", configuration.waiters)
        }
        // In line before the look, so that an end between the look and the wait is not missed.
        let signal = Signal()
        let ticket = waiters.add(id) { _ in signal.send() }
        let timeout = executor.loop.scheduleTask(in: TimeAmount(wait)) { signal.send() }
        defer {
            timeout.cancel()
            _ = waiters.remove(id, ticket: ticket)
        }
        let now = try await job(id)
        guard !now.job.state.isFinal else { return now }
        await signal.wait()
        return try await job(id)
    }

    /// Calls `body` with each job as it ends; returns after the last.
    ///
    /// - Throws: `CancellationError` when it is cancelled before: some are missing then.
    func withFinishedJobs(_ ids: [JobID], _ body: (JobRecord) async throws -> Void) async throws {
        var missing = Set(ids)
        guard waiters.count + missing.count <= configuration.waiters else {
            throw exhausted("waiting calls", configuration.waiters)
        }
        let (ended, announce) = AsyncStream.makeStream(of: JobID?.self)
        var tickets: [JobID: UInt64] = [:]
        defer { for id in ids { tickets.removeValue(forKey: id).map { _ = waiters.remove(id, ticket: $0) } } }
        for id in ids where tickets[id] == nil { tickets[id] = waiters.add(id) { announce.yield($0 ? id : nil) } }
        for id in ids where missing.contains(id) {
            let record = try await job(id)
            if record.job.state.isFinal, missing.remove(id) != nil { try await body(record) }
        }
        guard !missing.isEmpty else { return }
        for await ending in ended {
            guard let id = ending else { return try requireLeading() }
            guard missing.contains(id) else { continue }
            // In line again before the look: the job may have been redriven since.
            tickets[id] = waiters.add(id) { announce.yield($0 ? id : nil) }
            let record = try await job(id)
            guard record.job.state.isFinal, missing.remove(id) != nil else { continue }
            if let ticket = tickets.removeValue(forKey: id) { _ = waiters.remove(id, ticket: ticket) }
            try await body(record)
            if missing.isEmpty { return }
        }
        throw CancellationError()
    }

    func queues() async throws(NodeError) -> [(record: QueueRecord, workers: Int)] {
        let records = try await reading { view async throws(ViewError) in try await view.queues() }
        return records.map { ($0, dispatcher.takerCount($0.name)) }
    }
}
