/// A request to change state.
public enum Command: Equatable, Sendable {
    /// A new leader of `epoch` takes over.
    case lead(epoch: UInt64)
    /// New jobs: all of them or none. Repeating a numbered submission answers it again.
    case submit(Submission)
    /// Hands up to `limit` of the queue's best jobs to a session.
    case start(Start)
    /// Keeps a lease until `duration` from now.
    case extend(AttemptID, duration: Duration)
    case complete(AttemptID, result: [UInt8])
    case fail(AttemptID, Failing)
    /// Gives an attempt back uncounted.
    case release(AttemptID)
    /// A worker vanished: all attempts that its session holds, or the named ones, are lost.
    case lose(SessionID, except: [AttemptID])
    case cancel(JobID)
    case redrive(JobID)
    /// Time passed: whatever is due happens, at most `limit` things of it.
    case tick(seed: UInt64, limit: Int)

    public struct Submission: Equatable, Sendable {
        public var jobs: [JobSpec]
        public var stamp: SubmissionStamp?
        /// Fresh random bits, from which the identifiers are derived.
        public var seed: UInt64

        public init(jobs: [JobSpec], stamp: SubmissionStamp?, seed: UInt64) {
            self.jobs = jobs
            self.stamp = stamp
            self.seed = seed
        }
    }

    public struct Start: Equatable, Sendable {
        public var queue: String
        public var session: SessionID
        public var limit: Int
        /// Of payloads together; one job may have more.
        public var bytes: Int
        /// How long the leases last by themselves. Nil: as long as the session.
        public var lease: Duration?

        public init(queue: String, session: SessionID, limit: Int, bytes: Int = .max, lease: Duration?) {
            self.queue = queue
            self.session = session
            self.limit = limit
            self.bytes = bytes
            self.lease = lease
        }
    }

    public struct Failing: Equatable, Sendable {
        public var failure: Failure
        /// The job is dead at once, whatever attempts are left.
        public var isFinal: Bool
        /// Not sooner than this; nil leaves it to the retry policy.
        public var retryAfter: Duration?
        /// Fresh random bits for the jitter.
        public var seed: UInt64

        public init(failure: Failure, isFinal: Bool, retryAfter: Duration?, seed: UInt64) {
            self.failure = failure
            self.isFinal = isFinal
            self.retryAfter = retryAfter
            self.seed = seed
        }
    }
}

/// One attempt, as its worker names it.
public struct AttemptID: Hashable, Sendable {
    public var job: JobID
    public var token: FencingToken

    public init(job: JobID, token: FencingToken) {
        self.job = job
        self.token = token
    }
}

/// What an accepted command answers, beside its events.
public enum Answer: Equatable, Sendable {
    case done
    /// The jobs in the order of the submission, the already known ones among them.
    case submitted([JobID])
    /// Extended until then.
    case extended(Timestamp)
    /// What `fail` led to.
    case failed(JobState, due: Timestamp?)
}
