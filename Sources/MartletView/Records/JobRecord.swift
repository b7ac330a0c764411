public import MartletCore

/// All that is kept of one job.
public struct JobRecord: Equatable, Sendable {
    /// With its payload, unless it is part of a list.
    public var job: Job
    /// What the succeeded attempt answered; nil in a list.
    public var result: [UInt8]?
    /// Why the last attempt failed, if it did; kept while the job is tried again.
    public var failure: Failure?
    /// When the current or last attempt started.
    public var startedAt: Timestamp?
    /// When the job reached a final state.
    public var finishedAt: Timestamp?
    public var idempotencyKey: String?
    /// The fencing token of the current or last attempt.
    public var lastToken: FencingToken?

    public init(
        job: Job, result: [UInt8]? = nil, failure: Failure? = nil, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, idempotencyKey: String? = nil, lastToken: FencingToken? = nil
    ) {
        self.job = job
        self.result = result
        self.failure = failure
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.idempotencyKey = idempotencyKey
        self.lastToken = lastToken
    }
}

/// The jobs of one queue, counted.
public struct QueueRecord: Equatable, Sendable {
    public var name: String
    /// How many jobs are in each state; every state is present.
    public var counts: [JobState: Int]
    /// When the oldest queued job was submitted; nil when none is queued.
    public var oldestWaiting: Timestamp?

    public init(name: String, counts: [JobState: Int], oldestWaiting: Timestamp?) {
        self.name = name
        self.counts = counts
        self.oldestWaiting = oldestWaiting
    }
}
