/// Why a call on a client or a worker did not do what it was asked.
public struct MartletError: Error, CustomStringConvertible, Sendable {
    /// What a program can do about it. Codes may be added: switch with a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A short stable word.
        public let description: String

        private init(_ word: String) { description = word }

        /// The request is wrong, or over a limit that the message names: repeating it will not help.
        public static let invalidArgument = Code("invalid-argument")
        /// No such job is known, or it is no longer kept.
        public static let notFound = Code("not-found")
        /// The job's state, or its idempotency key, does not permit this.
        public static let conflict = Code("conflict")
        /// The attempt is not the job's current one.
        public static let stale = Code("stale")
        /// The server is full; `retryAfter` says when to come back. Nothing was done.
        public static let resourceExhausted = Code("resource-exhausted")
        /// The server cannot be reached, or is not serving now.
        public static let unavailable = Code("unavailable")
        /// The request may or may not have been done, and its answer is lost.
        public static let outcomeUnknown = Code("outcome-unknown")
        /// Something that should not happen did.
        public static let internalError = Code("internal-error")
        /// The request was cancelled by the server.
        public static let cancelled = Code("cancelled")
        /// The time that was given is over.
        public static let deadlineExceeded = Code("deadline-exceeded")
    }

    public var code: Code
    /// For people; holds no payload.
    public var message: String
    /// The field at fault, such as `jobs[3].queue`.
    public var field: String?
    /// When to try again, if trying again can help.
    public var retryAfter: Duration?
    /// What was beneath, if anything.
    public var cause: (any Error)?

    public init(
        _ code: Code, _ message: String, field: String? = nil, retryAfter: Duration? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.retryAfter = retryAfter
        self.cause = cause
    }

    public var description: String {
        var text = "\(code): \(message)"
        if let field { text += " (field \(field))" }
        if let retryAfter { text += " (try again after \(retryAfter))" }
        return text
    }
}

/// A job reached a final state other than success.
public struct JobFailedError: Error, CustomStringConvertible, Sendable {
    public var jobID: String
    /// `dead` or `cancelled`.
    public var state: JobState
    /// Why the last attempt failed, if one did.
    public var failure: JobFailure?

    public init(jobID: String, state: JobState, failure: JobFailure?) {
        self.jobID = jobID
        self.state = state
        self.failure = failure
    }

    public var description: String {
        let why = failure.map { ": \($0.code): \($0.message)" } ?? ""
        return "job \(jobID) is \(state.rawValue)\(why)"
    }
}
