#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.Date
#else
    public import struct Foundation.Date
#endif

/// A job as it stood when the server answered.
public struct JobSnapshot: Sendable, Codable, Hashable, Identifiable {
    public var id: String
    public var kind: String
    public var queue: String
    public var state: JobState
    public var priority: Int
    /// Empty in pages of `jobs(...)`, as is `result`.
    public var payload: [UInt8]
    public var result: [UInt8]
    /// Why the last attempt failed, if one did.
    public var failure: JobFailure?
    /// The number of the current or last attempt, 0 before the first.
    public var attempt: Int
    /// Failed attempts since the job was submitted or redriven.
    public var failedAttempts: Int
    /// Attempts whose worker vanished since the job was submitted or redriven.
    public var lostAttempts: Int
    public var submittedAt: Date
    /// When the current or last attempt started.
    public var startedAt: Date?
    /// When the job reached a final state.
    public var finishedAt: Date?
    /// When a scheduled or retrying job is due.
    public var dueAt: Date?
    public var timeout: Duration?
    /// How many failed attempts make the job dead.
    public var attempts: Int?
    public var initialBackoff: Duration?
    public var maxBackoff: Duration?
    public var idempotencyKey: String?
    public var traceparent: String?

    public var handle: JobHandle { JobHandle(id: id) }
}

/// Where a job stands.
public enum JobState: String, Sendable, Codable, Hashable, CaseIterable {
    case scheduled, queued, running, retrying, succeeded, dead, cancelled

    /// Nothing changes a final state but a redrive.
    public var isFinal: Bool {
        switch self {
        case .succeeded, .dead, .cancelled: true
        case .scheduled, .queued, .running, .retrying: false
        }
    }
}

/// Why an attempt did not succeed.
public struct JobFailure: Sendable, Codable, Hashable {
    /// A short stable word: "error", "timeout", "lost", "quarantined", "refused", or the handler's own.
    public var code: String
    /// For people.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// Some jobs, newest first, without payload and result.
public struct JobPage: Sendable, Codable, Hashable {
    /// May be fewer than asked for, even none, before the end.
    public var jobs: [JobSnapshot]
    /// Nil at the end.
    public var nextPageToken: String?
}
