/// Every bound of a partition.
public struct Limits: Equatable, Sendable {
    /// Bytes of a payload or a result.
    public var payloadBytes = 1 << 20
    /// Jobs in one submission.
    public var jobsPerSubmission = 10_000
    /// Bytes of all payloads of one submission.
    public var bytesPerSubmission = 8 << 20
    /// Bytes of a kind, a queue or an idempotency key.
    public var nameBytes = 200
    /// Bytes of a failure's message that are kept; the rest is cut at a character.
    public var failureMessageBytes = 4096
    /// Lost attempts after which a job is dead.
    public var losses = 5
    /// Queues that hold jobs at one time.
    public var queues = 10_000
    /// How long an idempotency key is kept.
    public var idempotencyWindow = Duration.seconds(24 * 3600)
    /// Idempotency keys held in memory; older ones are cold.
    public var hotKeys = 100_000
    /// Clients whose submissions are remembered; the one idle for longest is forgotten.
    public var clients = 10_000
    /// Submissions that a client may have unanswered at a time.
    public var submissionsInFlight = 16
    /// Jobs of one lane in memory, above which new ones at its end are cold.
    public var hotJobsPerLane = 16_384
    /// Payload bytes of one lane in memory, above which new ones at its end are cold.
    public var hotBytesPerLane = 16 << 20
    /// Jobs in memory in all lanes together.
    public var hotJobs = 262_144
    /// Payload bytes in memory in all lanes together.
    public var hotBytes = 256 << 20
    /// Jobs that may leave a lane from behind its boundary while a page of it is read; with more it is read anew.
    public var departuresPerPage = 262_144
    /// Jobs that run at one time.
    public var running = 100_000
    /// How far ahead `runAt` and a delay may lie.
    public var furthestStart = Duration.seconds(3650 * 24 * 3600)
    /// The longest timeout, backoff or lease.
    public var longestDuration = Duration.seconds(30 * 24 * 3600)
    /// How much later than its timeout the partition ends an attempt: workers keep the timeout themselves.
    public var timeoutSlack = Duration.seconds(2)
    /// How long before they are due cold timers are brought in.
    public var timerLead = Duration.seconds(5)

    public init() {}
}
