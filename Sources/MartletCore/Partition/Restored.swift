/// What a partition is restored from after a restart: the view's account of it at one position of the log.
///
/// All waiting jobs are cold then and come in by pages.
public struct Restored: Sendable {
    public var epoch: UInt64
    /// Greater than the number of each job there ever was.
    public var nextNumber: UInt64
    /// Greater than each token there ever was.
    public var nextToken: UInt64
    /// All running jobs, in any order.
    public var running: [Job]
    /// All queues that hold jobs; the counts include the running ones.
    public var queues: [(name: String, counts: LaneCounts)]
    /// At most `Limits.clients`, the most recently used ones.
    public var clients: [RememberedClient]
    /// The most recent keys that have not expired, at most `Limits.hotKeys`, the oldest first.
    public var keys: [RememberedKey]
    /// How many other keys there are that have not expired; no fewer, but maybe more.
    public var coldKeyCount: Int
    /// When the last of those expires; no earlier, but maybe later.
    public var coldKeysUntil: Timestamp

    public init(
        epoch: UInt64, nextNumber: UInt64, nextToken: UInt64, running: [Job],
        queues: [(name: String, counts: LaneCounts)], clients: [RememberedClient], keys: [RememberedKey],
        coldKeyCount: Int, coldKeysUntil: Timestamp = .distantFuture
    ) {
        self.epoch = epoch
        self.nextNumber = nextNumber
        self.nextToken = nextToken
        self.running = running
        self.queues = queues
        self.clients = clients
        self.keys = keys
        self.coldKeyCount = coldKeyCount
        self.coldKeysUntil = coldKeysUntil
    }
}

/// An idempotency key, the job that it stands for, and until when.
public struct RememberedKey: Equatable, Sendable {
    public var idempotency: Idempotency
    public var job: JobID
    public var expires: Timestamp

    public init(idempotency: Idempotency, job: JobID, expires: Timestamp) {
        self.idempotency = idempotency
        self.job = job
        self.expires = expires
    }
}

/// A client and its latest submissions.
public struct RememberedClient: Equatable, Sendable {
    public var client: ClientID
    public var lastUsed: Timestamp
    /// At most `Limits.submissionsInFlight`, those of the greatest sequences, sorted by sequence.
    public var submissions: [RememberedSubmission]

    public init(client: ClientID, lastUsed: Timestamp, submissions: [RememberedSubmission]) {
        self.client = client
        self.lastUsed = lastUsed
        self.submissions = submissions
    }
}

/// What the identifiers of a numbered submission are derived from.
public struct RememberedSubmission: Equatable, Sendable {
    public var sequence: UInt64
    /// When it was decided.
    public var time: Timestamp
    public var seed: UInt64
    /// How many new jobs it led to.
    public var count: Int

    public init(sequence: UInt64, time: Timestamp, seed: UInt64, count: Int) {
        self.sequence = sequence
        self.time = time
        self.seed = seed
        self.count = count
    }
}
