public import Logging

#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.Date
#else
    public import struct Foundation.Date
#endif

/// What a handler knows of its attempt, beside the job itself.
public struct AttemptContext: Sendable {
    public var jobID: String
    public var kind: String
    public var queue: String
    /// Counted from 1.
    public var attempt: Int
    /// How long the attempt may take; then its task is cancelled and it counts as failed.
    public var timeout: Duration?
    /// W3C trace context of whoever submitted the job.
    public var traceparent: String?
    public var submittedAt: Date
    let baseLogger: Logger

    /// The same for every attempt of the job: hand it to whatever must not happen twice.
    public var idempotencyToken: String { jobID }

    /// Says job, kind and attempt with every line.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "job.id"] = "\(jobID)"
        logger[metadataKey: "job.kind"] = "\(kind)"
        logger[metadataKey: "job.attempt"] = "\(attempt)"
        return logger
    }

    /// For tests of handlers.
    public init(
        jobID: String, kind: String, queue: String = "default", attempt: Int = 1, timeout: Duration? = nil,
        traceparent: String? = nil, submittedAt: Date, logger: Logger = Logger(label: "martlet.worker")
    ) {
        self.jobID = jobID
        self.kind = kind
        self.queue = queue
        self.attempt = attempt
        self.timeout = timeout
        self.traceparent = traceparent
        self.submittedAt = submittedAt
        baseLogger = logger
    }
}
