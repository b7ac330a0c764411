internal import NIOCore

/// What one HTTP/2 connection has last done, and from that, when it is over if it does nothing more.
struct ConnectionAge {
    enum Verdict: Equatable {
        case wait(until: NIODeadline)
        /// It has had no call for too long, and should be told to go.
        case sayGoodbye
        case over
    }

    /// A frame has come, and with it the greeting.
    var isGreeted = false
    private let limits: GatewayConfiguration.GRPC
    private let openedAt: NIODeadline
    private var heardAt: NIODeadline
    private var idleSince: NIODeadline
    private var toldAt: NIODeadline?
    private var calls = 0

    init(limits: GatewayConfiguration.GRPC, at now: NIODeadline) {
        self.limits = limits
        (openedAt, heardAt, idleSince) = (now, now, now)
    }

    mutating func heard(at now: NIODeadline) { heardAt = now }

    mutating func callBegan() { calls += 1 }

    mutating func callEnded(at now: NIODeadline) {
        calls -= 1
        idleSince = now
    }

    /// `sayGoodbye` once.
    mutating func verdict(at now: NIODeadline) -> Verdict {
        var end = heardAt + TimeAmount(limits.silence)
        if !isGreeted { end = min(end, openedAt + TimeAmount(limits.openTimeout)) }
        guard calls == 0 else { return end > now ? .wait(until: end) : .over }
        if let toldAt { end = min(end, max(toldAt, idleSince) + TimeAmount(limits.keepaliveTimeout)) }
        guard end > now else { return .over }
        guard toldAt == nil else { return .wait(until: end) }
        let goodbye = idleSince + TimeAmount(limits.maxIdle)
        guard goodbye <= now else { return .wait(until: min(end, goodbye)) }
        toldAt = now
        return .sayGoodbye
    }
}
