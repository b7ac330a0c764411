/// Where jobs wait: one lane for each queue, and one for the timers of all queues.
public enum LaneName: Hashable, Sendable {
    case queue(String)
    /// Scheduled and retrying jobs.
    case timers
}

/// A waiting job's place in its lane: the smaller key goes first.
public struct LaneKey: Hashable, Comparable, Sendable {
    /// In a queue 9 minus the priority; among the timers the due time in microseconds, never below 0.
    public var rank: UInt64
    /// The job's number.
    public var number: UInt64

    public init(rank: UInt64, number: UInt64) {
        self.rank = rank
        self.number = number
    }

    /// Before every other key.
    public static let smallest = LaneKey(rank: 0, number: 0)

    public static func < (left: LaneKey, right: LaneKey) -> Bool {
        left.rank != right.rank ? left.rank < right.rank : left.number < right.number
    }

    /// The smallest key behind this one.
    var next: LaneKey {
        let (following, overflow) = number.addingReportingOverflow(1)
        guard overflow else { return LaneKey(rank: rank, number: following) }
        return LaneKey(rank: rank &+ 1, number: 0)
    }
}

extension LaneKey {
    static func inQueue(priority: UInt8, number: UInt64) -> LaneKey {
        LaneKey(rank: 9 - UInt64(min(priority, 9)), number: number)
    }

    static func amongTimers(due: Timestamp, number: UInt64) -> LaneKey {
        LaneKey(rank: UInt64(clamping: due.microseconds), number: number)
    }

    /// The key of a waiting job; nil when the job does not wait.
    init?(of job: Job) {
        switch job.state {
        case .queued:
            self = .inQueue(priority: job.priority, number: job.subject.number)
        case .scheduled, .retrying:
            guard let due = job.due else { return nil }
            self = .amongTimers(due: due, number: job.subject.number)
        case .running, .succeeded, .dead, .cancelled:
            return nil
        }
    }
}

/// A wish for the next cold jobs of a lane: those with the smallest keys not below `from`, in key order.
///
/// The reader returns at most `jobs` of them, stops once their payloads reach `bytes`, but returns at least
/// one when there is one.
public struct PageRequest: Equatable, Sendable {
    public var lane: LaneName
    /// Inclusive.
    public var from: LaneKey
    public var jobs: Int
    public var bytes: Int
    /// Whether the read must see all events applied until the page is begun. Otherwise nothing cold in this lane has
    /// changed since the page before was begun, and the read need not see more than that one did.
    public var mustSeeAll: Bool

    public init(lane: LaneName, from: LaneKey, jobs: Int, bytes: Int, mustSeeAll: Bool = true) {
        self.lane = lane
        self.from = from
        self.jobs = jobs
        self.bytes = bytes
        self.mustSeeAll = mustSeeAll
    }
}

/// How many jobs of one queue are in each state, hot and cold together.
public struct LaneCounts: Equatable, Sendable {
    public var scheduled: Int
    public var queued: Int
    public var running: Int
    public var retrying: Int

    public init(scheduled: Int = 0, queued: Int = 0, running: Int = 0, retrying: Int = 0) {
        self.scheduled = scheduled
        self.queued = queued
        self.running = running
        self.retrying = retrying
    }

    var isZero: Bool { scheduled | queued | running | retrying == 0 }

    /// Jobs that wait for their time rather than for a worker.
    var timed: Int { scheduled + retrying }

    mutating func add(_ change: Int, in state: JobState) {
        switch state {
        case .scheduled: scheduled += change
        case .queued: queued += change
        case .running: running += change
        case .retrying: retrying += change
        case .succeeded, .dead, .cancelled: break
        }
    }
}
