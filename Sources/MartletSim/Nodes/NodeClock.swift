import MartletCore
import MartletLog

/// What a node's clock says: it begins as the node was told the time, never behind the log, and goes on by itself.
struct NodeClock: Sendable {
    private let begun: Duration
    private let start: Timestamp

    /// - Parameters:
    ///   - wall: the time as the node was told it at `begun`.
    ///   - head: the end of the log that it found.
    init(_ wall: Timestamp, at begun: Duration, after head: LogHead) {
        self.begun = begun
        start = max(wall, Timestamp(microseconds: head.time))
    }

    func time(at elapsed: Duration) -> Timestamp { start + (elapsed - begun) }

    func elapsed(at time: Timestamp) -> Duration { time - start + begun }
}

extension World {
    /// How far a node's clock is from the right time when it starts: behind or ahead of others that still run, and now
    /// and then so far ahead that much falls due at once.
    func drawSkew() -> Duration {
        guard mayDamage else { return .zero }
        switch chance.below(10) {
        case 0...2: return chance.between(.seconds(-5), .seconds(5))
        case 3: return chance.between(.zero, .seconds(600))
        default: return .zero
        }
    }
}
