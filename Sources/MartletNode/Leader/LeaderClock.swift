import MartletCore
import NIOCore

/// The one clock that moves leases, backoffs and schedules: wall time at the start, then monotonic.
///
/// A wall clock that jumps afterwards moves nothing. It never falls behind what the log has already recorded.
struct LeaderClock: Sendable {
    private let loop: any EventLoop
    private let origin: NIODeadline
    private let start: Timestamp

    /// - Parameters:
    ///   - wall: the wall clock as it was at `origin`.
    ///   - notBefore: the time of the log's last entry.
    init(loop: any EventLoop, wall: Timestamp, at origin: NIODeadline, notBefore: Timestamp) {
        self.loop = loop
        self.origin = origin
        self.start = max(wall, notBefore)
    }

    var now: Timestamp { start + .nanoseconds((loop.now - origin).nanoseconds) }
}

extension TimeAmount {
    /// Saturating; what is past is zero.
    init(_ duration: Duration) {
        let microseconds = max(0, min(duration.inMicroseconds, .max / 1000))
        self = .microseconds(microseconds)
    }
}
