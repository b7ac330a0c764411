public import MartletCore

/// What an operator may set.
public struct NodeConfiguration: Equatable, Sendable {
    public var limits = Limits()
    public var heartbeatInterval = Duration.seconds(5)
    /// How long a silent session keeps its attempts.
    public var sessionGrace = Duration.seconds(15)
    /// How long finished jobs are kept.
    public var retention = Duration.seconds(7 * 24 * 3600)
    /// Sessions at one time.
    public var sessions = 10_000
    /// Queues that one session or lease may name.
    public var queuesPerSession = 64
    /// Attempts that one session may hold.
    public var concurrency = 10_000
    /// Bytes of payloads that one lease hands out, unless a single job has more: its answer is one message.
    public var leaseBytes = 4 << 20
    /// Bytes of commands that wait for their entry, above which submissions are refused.
    public var pendingBytes = 64 << 20
    /// Calls that wait for a job at one time, and queues that waiting leases name, above which more are refused.
    public var waiters = 100_000
    /// Changes that the view may be behind, above which the leader waits for it.
    public var viewBacklog = 200_000
    /// Bytes of the log that are kept behind the checkpoint before it forgets.
    public var logBytes = 256 << 20

    public init() {}
}
