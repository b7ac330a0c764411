/// What a submitter asks for: one job.
public struct JobSpec: Equatable, Sendable {
    /// The name that chooses the handler.
    public var kind: String
    public var queue: String
    /// Opaque; passed on to the handler.
    public var payload: [UInt8]
    /// 0 to 9; higher runs first.
    public var priority: UInt8
    public var start: Start
    /// How long one attempt may take. Nil: as long as its lease is kept.
    public var timeout: Duration?
    public var retry: RetryPolicy
    /// The caller's own name for the job: for a window, the same key returns the same job.
    public var idempotencyKey: String?
    /// W3C trace context, kept and handed on.
    public var traceparent: String?

    /// When a job may first run.
    public enum Start: Equatable, Sendable {
        case now
        case at(Timestamp)
        case after(Duration)
    }

    public init(
        kind: String, queue: String = "default", payload: [UInt8] = [], priority: UInt8 = 5, start: Start = .now,
        timeout: Duration? = nil, retry: RetryPolicy = .standard, idempotencyKey: String? = nil,
        traceparent: String? = nil
    ) {
        self.kind = kind
        self.queue = queue
        self.payload = payload
        self.priority = priority
        self.start = start
        self.timeout = timeout
        self.retry = retry
        self.idempotencyKey = idempotencyKey
        self.traceparent = traceparent
    }
}

/// How failed attempts are repeated: exponential backoff with full jitter.
///
/// The wait before the next attempt is drawn evenly from zero to `initialBackoff` doubled once per failed
/// attempt after the first, and never above `maxBackoff`. "Full jitter" as in M. Brooker, "Exponential
/// Backoff And Jitter" (AWS Architecture Blog, 2015).
public struct RetryPolicy: Hashable, Sendable {
    /// How many failed attempts make a job dead.
    public var attempts: Int
    public var initialBackoff: Duration
    public var maxBackoff: Duration

    public static let standard = RetryPolicy(attempts: 25, initialBackoff: .seconds(1), maxBackoff: .seconds(3600))

    public init(attempts: Int, initialBackoff: Duration, maxBackoff: Duration) {
        self.attempts = attempts
        self.initialBackoff = initialBackoff
        self.maxBackoff = maxBackoff
    }

    var wholeMicroseconds: RetryPolicy {
        RetryPolicy(
            attempts: attempts, initialBackoff: initialBackoff.wholeMicroseconds,
            maxBackoff: maxBackoff.wholeMicroseconds)
    }
}
