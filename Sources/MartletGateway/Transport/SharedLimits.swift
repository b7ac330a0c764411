internal import NIOCore

/// The bounds that all connections share, over both ports.
struct SharedLimits: Sendable {
    let connections: ConnectionLimit
    let calls: ConnectionLimit
    /// Requests that have not arrived whole.
    let parts: Holdings
    /// Answers that are not read.
    let unread: Holdings
    private let stall: TimeAmount

    /// `onCalm`: most of a crowd has gone, and what it took is free.
    init(_ configuration: GatewayConfiguration, onCalm: @escaping @Sendable () -> Void) {
        connections = ConnectionLimit(configuration.maxConnections, onCalm: onCalm)
        calls = ConnectionLimit(configuration.grpc.maxCalls, onCalm: onCalm)
        parts = Holdings(limit: configuration.partBytes)
        unread = Holdings(limit: configuration.unreadBytes)
        stall = TimeAmount(configuration.writeStallTimeout)
    }

    func stallHandler<Written: Measured>(of written: Written.Type) -> WriteStallHandler<Written> {
        WriteStallHandler(limit: stall, holdings: unread)
    }
}
