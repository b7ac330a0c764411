internal import NIOCore

/// So much at once, and so much each second: a bucket that fills again.
struct Allowance: Equatable, Sendable {
    let burst: Int
    let perSecond: Int
    private var left: Int
    private var filledAt: NIODeadline

    /// - Parameter first: what there is at the start.
    init(burst: Int, first: Int, perSecond: Int, at now: NIODeadline) {
        self.burst = burst
        self.perSecond = perSecond
        left = first
        filledAt = now
    }

    /// False: it is used up.
    mutating func take(_ amount: Int = 1, at now: NIODeadline) -> Bool {
        if left < amount { fill(at: now) }
        left -= amount
        return left >= 0
    }

    /// What the peer has earned.
    mutating func give(_ amount: Int) { left = min(burst, left + amount) }

    private mutating func fill(at now: NIODeadline) {
        let milliseconds = (now - filledAt).nanoseconds / 1_000_000
        let earned = Int(clamping: milliseconds) * perSecond / 1000
        guard earned > 0 else { return }
        give(earned)
        filledAt = now
    }
}
