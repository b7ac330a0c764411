#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.Date
#else
    public import struct Foundation.Date
#endif

/// How one submission wants to be treated. Whatever is nil takes the server's default.
public struct JobOptions: Sendable, Hashable {
    /// Where the job waits; made on first use.
    public var queue: String
    /// 0 to 9; higher runs first. The server's default is 5.
    public var priority: Int?
    /// Not before this instant. At most one of `runAt` and `delay` may be set.
    public var runAt: Date?
    /// Not before this long from now, by the server's clock.
    public var delay: Duration?
    /// How long one attempt may take. The server's default is no limit.
    public var timeout: Duration?
    /// How many failed attempts make the job dead, 1 to 1000. The server's default is 25.
    public var attempts: Int?
    /// The ceiling of the first wait between attempts. The server's default is 1 s.
    public var initialBackoff: Duration?
    /// The ceiling of every wait between attempts. The server's default is 1 h.
    public var maxBackoff: Duration?
    /// The caller's own name for the job: the same key returns the same job for 24 h.
    public var idempotencyKey: String?
    /// W3C trace context, kept with the job and handed to its handler.
    public var traceparent: String?

    public init(
        queue: String = "default",
        priority: Int? = nil,
        runAt: Date? = nil,
        delay: Duration? = nil,
        timeout: Duration? = nil,
        attempts: Int? = nil,
        initialBackoff: Duration? = nil,
        maxBackoff: Duration? = nil,
        idempotencyKey: String? = nil,
        traceparent: String? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.runAt = runAt
        self.delay = delay
        self.timeout = timeout
        self.attempts = attempts
        self.initialBackoff = initialBackoff
        self.maxBackoff = maxBackoff
        self.idempotencyKey = idempotencyKey
        self.traceparent = traceparent
    }

    /// The server's defaults.
    public static let standard = JobOptions()
}
