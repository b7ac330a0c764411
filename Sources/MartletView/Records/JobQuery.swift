public import MartletCore

/// Which jobs to list, newest first. Each nil filter lets everything through.
public struct JobQuery: Sendable {
    public var queue: String?
    public var kind: String?
    public var state: JobState?
    /// At this instant or later.
    public var submittedAfter: Timestamp?
    /// Earlier than this instant.
    public var submittedBefore: Timestamp?
    /// Jobs in one page, at least 1.
    public var limit: Int
    /// `JobPage.next` of the page before: only jobs with lower numbers.
    public var after: UInt64?
    /// Rows looked at for one page. A page that reaches it may hold fewer jobs, even none, and has a `next`.
    public var scanLimit: Int

    public init(
        queue: String? = nil, kind: String? = nil, state: JobState? = nil, submittedAfter: Timestamp? = nil,
        submittedBefore: Timestamp? = nil, limit: Int = 100, after: UInt64? = nil, scanLimit: Int = 50_000
    ) {
        self.queue = queue
        self.kind = kind
        self.state = state
        self.submittedAfter = submittedAfter
        self.submittedBefore = submittedBefore
        self.limit = limit
        self.after = after
        self.scanLimit = scanLimit
    }
}

/// One page of a list. Pages are stable: jobs that arrive meanwhile have higher numbers, so that following `next`
/// shows no job twice and skips none that matches throughout.
public struct JobPage: Equatable, Sendable {
    /// Newest first, with empty payloads and without results.
    public var jobs: [JobRecord]
    /// Where the next page starts; nil at the end.
    public var next: UInt64?

    public init(jobs: [JobRecord], next: UInt64?) {
        self.jobs = jobs
        self.next = next
    }
}
