import MartletCore
import MartletView

extension Leader {
    /// Asks for the next page of a queue whose head runs low, if anyone takes from it.
    func wantPage(of queue: String) {
        guard dispatcher.hasTakers(queue) else { return }
        beginPage(of: .queue(queue))
    }

    func beginPage(of lane: LaneName) {
        guard let request = partition.pageRequest(for: lane) else { return }
        partition.beginPage(request)
        requestPage.yield(request)
    }

    /// Brings in page after page: the cold head of a lane from the view.
    func readPages() async throws {
        for await request in pageRequests {
            do {
                // What turned cold a moment ago must be in the view before it is read.
                if request.mustSeeAll { try await committed() }
                let (jobs, isLast) = try await view.page(request)
                partition.finishPage(request, jobs: jobs, isLast: isLast)
            } catch {
                partition.abandonPage(request)
                guard Self.passes(error) else { throw error }
                await putOff(error)
                try await pause()
            }
            if case .queue(let queue) = request.lane { dispatcher.touch(queue) }
            wakeWriter()
        }
    }

    /// Brings a cold job in, just before a command that names it.
    func admitIfCold(_ id: JobID) async throws(NodeError) {
        while partition.job(id) == nil {
            partition.beginRead(of: id)
            let job: Job?
            do {
                try await committed()
                job = try await reading { view async throws(ViewError) in try await view.waitingJob(id) }
            } catch {
                partition.endRead(of: id)
                throw error
            }
            let admission = job.map { partition.admit($0) }
            partition.endRead(of: id)
            // It left memory while it was being read: what was read is old.
            if admission != .departed { return }
        }
    }

    /// Brings in the idempotency keys of a submission that are not in memory, and then decides it.
    ///
    /// Until that is done none of its keys leaves memory: what was not found may have come meanwhile, and is there.
    func withKeys(
        of submission: Command.Submission, decide: () throws(NodeError) -> Answer
    ) async throws(NodeError) -> Answer {
        let keys = partition.coldKeys(in: submission)
        guard !keys.isEmpty else { return try decide() }
        let bytes = submission.jobs.reduce(0) { $0 + $1.payload.count + Batch.bytesBesidePayload }
        lookupBytes += bytes
        partition.beginRead(for: submission)
        defer {
            partition.endRead(for: submission)
            lookupBytes -= bytes
        }
        try await committed()
        let found = try await reading { view async throws(ViewError) in try await view.keys(keys) }
        partition.admit(keys: found)
        return try decide()
    }

    /// Reads the view; a view that cannot be read makes the node unavailable. One without room is a matter of the house.
    func reading<Value: Sendable>(
        _ read: (View) async throws(ViewError) -> Value
    ) async throws(NodeError) -> Value {
        do {
            return try await read(view)
        } catch {
            if case .full = error { callHouse.yield() }
            throw .unavailable(reason: "\(error)")
        }
    }
}
