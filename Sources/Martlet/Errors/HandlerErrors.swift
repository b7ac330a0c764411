/// Thrown by a handler: the job is dead at once, whatever attempts are left.
public struct RefuseJob: Error, Sendable {
    public var message: String
    public var code: String

    public init(message: String, code: String = "refused") {
        self.message = message
        self.code = code
    }
}

/// Thrown by a handler: this attempt failed, and the next starts not sooner than `after` from now.
///
/// Without `after` the job's retry policy says when, as for every other error.
public struct RetryJob: Error, Sendable {
    /// From nothing to 30 days; what is outside becomes the nearest of them.
    public var after: Duration?
    public var message: String
    public var code: String

    public init(after: Duration? = nil, message: String, code: String = "error") {
        self.after = after
        self.message = message
        self.code = code
    }
}

/// An error that names the failure code under which a job's history keeps it; all others are "error".
public protocol CodedFailure: Error {
    /// A short stable word, for programs.
    var failureCode: String { get }
}
