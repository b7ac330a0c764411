public import MartletCore

/// One fact in a job's history.
public struct HistoryEvent: Equatable, Sendable {
    public var time: Timestamp
    /// The log position of the entry that holds the fact.
    public var position: UInt64
    /// submitted, queued, started, extended, completed, failed, lost, released, cancelled or redriven.
    public var event: String
    /// The attempt that the fact is about, or the last one before it; 0 before the first.
    public var attempt: Int
    /// started: who holds the lease.
    public var session: SessionID?
    /// failed, lost: why. The message is cut at 1 KiB; the job's record has all of the last one.
    public var failure: Failure?
    /// The state after this fact.
    public var state: JobState
    /// submitted, failed: when the job is due, if it waits.
    public var due: Timestamp?

    public init(
        time: Timestamp, position: UInt64, event: String, attempt: Int, session: SessionID? = nil,
        failure: Failure? = nil, state: JobState, due: Timestamp? = nil
    ) {
        self.time = time
        self.position = position
        self.event = event
        self.attempt = attempt
        self.session = session
        self.failure = failure
        self.state = state
        self.due = due
    }
}
