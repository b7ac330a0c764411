#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.Date
#else
    public import struct Foundation.Date
#endif

/// One fact in a job's history.
public struct JobEvent: Sendable, Codable, Hashable {
    public var time: Date
    /// The log position of the entry that holds the fact.
    public var position: UInt64
    /// submitted, queued, started, extended, completed, failed, lost, released, cancelled or redriven.
    public var event: String
    public var attempt: Int
    /// started: the session that holds the lease.
    public var sessionID: String?
    /// failed, lost: why.
    public var failure: JobFailure?
    /// The state after this fact.
    public var state: JobState
    /// failed, lost, submitted: when the job is due, if it waits.
    public var dueAt: Date?
}

/// A queue as it stood when the server answered.
public struct QueueSnapshot: Sendable, Codable, Hashable {
    public var name: String
    public var scheduled: Int
    public var queued: Int
    public var running: Int
    public var retrying: Int
    /// Finished jobs that are still kept.
    public var succeeded: Int
    public var dead: Int
    public var cancelled: Int
    /// Sessions that take jobs from this queue.
    public var workers: Int
    /// How long the oldest queued job has waited.
    public var oldestWaiting: Duration?
}

/// A worker's session as it stood when the server answered.
public struct WorkerSnapshot: Sendable, Codable, Hashable {
    public var sessionID: String
    public var name: String
    public var queues: [String]
    public var concurrency: Int
    public var running: Int
    public var connectedAt: Date?
    public var lastSeenAt: Date?
    /// False: the connection is lost and the grace is running.
    public var isConnected: Bool
}
