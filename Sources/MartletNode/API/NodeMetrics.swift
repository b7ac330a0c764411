import MartletCore

/// A node's figures at one moment, for `/metrics`. Counters count from the node's start.
public struct NodeMetrics: Equatable, Sendable {
    public var submitted: UInt64 = 0
    public var started: UInt64 = 0
    public var completed: UInt64 = 0
    public var failed: UInt64 = 0
    public var lost: UInt64 = 0
    public var released: UInt64 = 0
    public var cancelled: UInt64 = 0
    public var redriven: UInt64 = 0
    /// Jobs that ended dead.
    public var dead: UInt64 = 0
    /// Reports that came too late, by fencing.
    public var staleReports: UInt64 = 0
    /// Submissions and calls refused because something was full.
    public var exhausted: UInt64 = 0
    public var entries: UInt64 = 0
    public var entryBytes: UInt64 = 0
    /// From seal to durable.
    public var commitLatency = LatencyHistogram()
    public var sessions = 0
    public var hotJobs = 0
    public var hotBytes = 0
    public var viewBacklog = 0
    public var position: UInt64 = 0
    public var epoch: UInt64 = 0

    public init() {}
}

/// Counts of durations in fixed buckets, as Prometheus has them.
public struct LatencyHistogram: Equatable, Sendable {
    /// Upper bounds in microseconds; one more bucket has none.
    public static let bounds: [Int64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    ]
    /// One for each bound and one for what is above them, not cumulative.
    public private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    public private(set) var sumMicroseconds: Int64 = 0

    public init() {}

    public mutating func record(_ duration: Duration) {
        let microseconds = duration.inMicroseconds
        let bucket = Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count
        counts[bucket] += 1
        sumMicroseconds &+= microseconds
    }
}

/// Whether the node can take work, and why not.
public struct NodeHealth: Equatable, Sendable {
    public var isReady: Bool
    public var reason: String

    public init(isReady: Bool, reason: String) {
        self.isReady = isReady
        self.reason = reason
    }
}
