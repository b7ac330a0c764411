/// The states of a job. The raw values are the ones of the wire, the log and the view.
public enum JobState: UInt8, CaseIterable, Sendable {
    case scheduled = 1
    case queued = 2
    case running = 3
    case retrying = 4
    case succeeded = 5
    case dead = 6
    case cancelled = 7

    /// Whether nothing more happens to the job by itself.
    public var isFinal: Bool { self == .succeeded || self == .dead || self == .cancelled }
}

/// The job that an event is about, with what a reader of events needs to find it.
public struct Subject: Hashable, Sendable {
    public let id: JobID
    /// The job's place in the order of submission, unique within the partition, from 1.
    public let number: UInt64
    public let queue: String

    public init(id: JobID, number: UInt64, queue: String) {
        self.id = id
        self.number = number
        self.queue = queue
    }
}

/// All that the state machine knows of a job that has not ended; also how a cold job is brought back.
public struct Job: Equatable, Sendable {
    public var subject: Subject
    public var kind: String
    public var payload: [UInt8]
    public var priority: UInt8
    public var timeout: Duration?
    public var retry: RetryPolicy
    public var traceparent: String?
    public var submittedAt: Timestamp
    public var state: JobState
    /// When a scheduled or retrying job is due.
    public var due: Timestamp?
    /// The number of the current or last attempt; 0 before the first.
    public var attempt: Int
    /// Failed attempts since submission or redrive.
    public var failures: Int
    /// Lost attempts since submission or redrive.
    public var losses: Int
    /// The current lease; nil unless running.
    public var lease: Lease?

    public init(
        subject: Subject, kind: String, payload: [UInt8], priority: UInt8, timeout: Duration?, retry: RetryPolicy,
        traceparent: String?, submittedAt: Timestamp, state: JobState, due: Timestamp? = nil, attempt: Int = 0,
        failures: Int = 0, losses: Int = 0, lease: Lease? = nil
    ) {
        self.subject = subject
        self.kind = kind
        self.payload = payload
        self.priority = priority
        self.timeout = timeout
        self.retry = retry
        self.traceparent = traceparent
        self.submittedAt = submittedAt
        self.state = state
        self.due = due
        self.attempt = attempt
        self.failures = failures
        self.losses = losses
        self.lease = lease
    }
}

/// A worker's exclusive hold on one attempt.
public struct Lease: Equatable, Sendable {
    public var token: FencingToken
    /// Whose heartbeat keeps it.
    public var session: SessionID
    /// When it ends by itself. Nil: kept by its session.
    public var until: Timestamp?
    /// When the attempt times out. Nil: never.
    public var timesOut: Timestamp?

    public init(token: FencingToken, session: SessionID, until: Timestamp?, timesOut: Timestamp?) {
        self.token = token
        self.session = session
        self.until = until
        self.timesOut = timesOut
    }
}

/// Why an attempt did not succeed, by the worker's word or the partition's.
public struct Failure: Hashable, Sendable {
    /// A short stable word.
    public var code: String
    /// For people.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// The partition's own word for an attempt whose time ran out. A worker's own may have the same code.
    public static let timeout = Failure(code: "timeout", message: "the attempt did not end within its timeout")
}
