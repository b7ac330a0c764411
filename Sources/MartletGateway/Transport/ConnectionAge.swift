internal import NIOCore

/// What one HTTP/2 connection has last done, and from that, when it is over if it does nothing more.
struct ConnectionAge {
    enum Verdict: Equatable {
        case wait(until: NIODeadline)
        /// It has had no call for too long, or is too old, and should be told to go.
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
        if let toldAt {
            if calls == 0 {
                end = min(end, max(toldAt, idleSince) + TimeAmount(limits.keepaliveTimeout))
            } else if limits.maxAge != nil {
                end = min(end, toldAt + TimeAmount(limits.maxAgeGrace))
            }
        }
        guard end > now else { return .over }
        guard toldAt == nil else { return .wait(until: end) }
        var goodbye = limits.maxAge.map { openedAt + TimeAmount($0) } ?? .distantFuture
        if calls == 0 { goodbye = min(goodbye, idleSince + TimeAmount(limits.maxIdle)) }
        guard goodbye <= now else { return .wait(until: min(end, goodbye)) }
        toldAt = now
        return .sayGoodbye
    }
}
