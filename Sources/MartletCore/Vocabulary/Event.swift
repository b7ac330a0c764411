/// A fact, in the log. Applying the same events in the same order rebuilds the same partition.
///
/// Each fact carries what a reader needs to follow it without the partition's state: the view is built
/// from events alone.
public enum Event: Equatable, Sendable {
    /// A node leads the partition from here on.
    case leaderStarted(epoch: UInt64)
    /// The submitted events that follow in this entry, `count` of them, are submission `stamp`.
    case numbered(Numbered)
    /// A job exists: queued, or scheduled when `due` is set.
    case submitted(Submitted)
    /// A scheduled or retrying job's time came.
    case queued(Subject, from: JobState)
    case started(Started)
    case extended(Subject, token: FencingToken, until: Timestamp)
    case completed(Completed)
    case failed(Failed)
    case lost(Lost)
    /// The worker gave the attempt back: it does not count, and the job is queued again.
    case released(Subject, attempt: Int, token: FencingToken)
    case cancelled(Subject, from: JobState)
    /// A dead job is queued again with its counts at zero.
    case redriven(Subject)

    public struct Numbered: Equatable, Sendable {
        public var stamp: SubmissionStamp
        public var seed: UInt64
        public var count: Int

        public init(stamp: SubmissionStamp, seed: UInt64, count: Int) {
            self.stamp = stamp
            self.seed = seed
            self.count = count
        }
    }

    public struct Submitted: Equatable, Sendable {
        public var job: Subject
        public var kind: String
        public var payload: [UInt8]
        public var priority: UInt8
        public var due: Timestamp?
        public var timeout: Duration?
        public var retry: RetryPolicy
        public var idempotency: Idempotency?
        public var traceparent: String?

        public init(
            job: Subject, kind: String, payload: [UInt8], priority: UInt8, due: Timestamp?, timeout: Duration?,
            retry: RetryPolicy, idempotency: Idempotency?, traceparent: String?
        ) {
            self.job = job
            self.kind = kind
            self.payload = payload
            self.priority = priority
            self.due = due
            self.timeout = timeout
            self.retry = retry
            self.idempotency = idempotency
            self.traceparent = traceparent
        }
    }

    public struct Started: Equatable, Sendable {
        public var job: Subject
        public var attempt: Int
        public var lease: Lease

        public init(job: Subject, attempt: Int, lease: Lease) {
            self.job = job
            self.attempt = attempt
            self.lease = lease
        }
    }

    public struct Completed: Equatable, Sendable {
        public var job: Subject
        public var attempt: Int
        public var token: FencingToken
        public var result: [UInt8]

        public init(job: Subject, attempt: Int, token: FencingToken, result: [UInt8]) {
            self.job = job
            self.attempt = attempt
            self.token = token
            self.result = result
        }
    }

    public struct Failed: Equatable, Sendable {
        public var job: Subject
        public var attempt: Int
        public var token: FencingToken
        public var failure: Failure
        /// Failed attempts, this one included.
        public var failures: Int
        /// When it is tried again. Nil: the job is dead.
        public var due: Timestamp?
        /// The random bits that the jitter was drawn from.
        public var seed: UInt64

        public init(
            job: Subject, attempt: Int, token: FencingToken, failure: Failure, failures: Int, due: Timestamp?,
            seed: UInt64
        ) {
            self.job = job
            self.attempt = attempt
            self.token = token
            self.failure = failure
            self.failures = failures
            self.due = due
            self.seed = seed
        }
    }

    public struct Lost: Equatable, Sendable {
        public var job: Subject
        public var attempt: Int
        public var token: FencingToken
        /// Lost attempts, this one included.
        public var losses: Int
        /// Lost too often: the job is dead. Otherwise it is queued again.
        public var isQuarantined: Bool

        public init(job: Subject, attempt: Int, token: FencingToken, losses: Int, isQuarantined: Bool) {
            self.job = job
            self.attempt = attempt
            self.token = token
            self.losses = losses
            self.isQuarantined = isQuarantined
        }
    }
}

/// An idempotency key with the fingerprint of the request that it was first used for.
public struct Idempotency: Hashable, Sendable {
    public var key: String
    public var fingerprint: UInt64

    public init(key: String, fingerprint: UInt64) {
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// A client's number for one submission: the same stamp is the same submission.
public struct SubmissionStamp: Hashable, Sendable {
    public var client: ClientID
    /// 1, 2, 3, … with at most `Limits.submissionsInFlight` unanswered at a time.
    public var sequence: UInt64

    public init(client: ClientID, sequence: UInt64) {
        self.client = client
        self.sequence = sequence
    }
}
