public import MartletCore

/// Reads. Each sees all that was projected before the call; only a page may be content with less.
///
/// - Throws: `full` while the disk takes no writes, `damaged` when a record is not as it was written, `stopped`.
extension View {
    public func job(_ id: JobID) async throws(ViewError) -> JobRecord? {
        try await read { try $0.job(id, .whole) }
    }

    public func jobs(_ query: JobQuery) async throws(ViewError) -> JobPage {
        try await read { try $0.jobs(query) }
    }

    /// The first and the last hundred facts when there are more than both together; nil for an unknown job.
    public func history(of id: JobID) async throws(ViewError) -> [HistoryEvent]? {
        try await read { try $0.history(of: id) }
    }

    /// Waiting jobs in the order of their lane, from `request.from` on, itself included. At least one when there is
    /// one, at most `request.jobs`, and no more after `request.bytes` of payloads.
    public func page(_ request: PageRequest) async throws(ViewError) -> (jobs: [Job], isLast: Bool) {
        try await read(mustSeeAll: request.mustSeeAll) { try $0.page(request) }
    }

    /// A scheduled, queued, retrying or dead job, to be admitted; nil for any other. It is lent before it is asked for.
    public func waitingJob(_ id: JobID) async throws(ViewError) -> Job? {
        // Behind whatever is being retired now: what comes after it knows what is lent.
        try await write { writing throws(ViewError) in try writing.flush() }
        return try await read(mustSeeAll: false) { try $0.waitingJob(id) }
    }

    /// What is remembered of `keys`, in their order, expired ones among them until they are retired.
    public func keys(_ keys: [String]) async throws(ViewError) -> [RememberedKey] {
        try await read { try $0.keys(keys) }
    }

    /// All queues that have jobs, finished ones included, by name.
    public func queues() async throws(ViewError) -> [QueueRecord] {
        try await read { try $0.queues() }
    }

    /// What a partition starts from, at `position` and after all that was projected.
    public func restored(limits: Limits) async throws(ViewError) -> Restored {
        try await read { try $0.restored(limits) }
    }
}
