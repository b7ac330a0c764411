internal import MartletWire
internal import NIOCore

/// The bounds that all connections share, over both ports.
struct SharedLimits: Sendable {
    let connections: ConnectionLimit
    let calls: ConnectionLimit
    /// Requests that have not arrived whole.
    let parts: Holdings
    /// Answers that are not read.
    let unread: Holdings
    /// Where work waits until others have had their turn.
    let line: FairLine
    private let stall: TimeAmount

    /// `onChurn`: many connections have gone, and what they took is free.
    init(_ configuration: GatewayConfiguration, line: FairLine, onChurn: @escaping @Sendable () -> Void) {
        connections = ConnectionLimit(configuration.maxConnections, onChurn: onChurn)
        calls = ConnectionLimit(configuration.grpc.maxCalls)
        parts = Holdings(limit: configuration.partBytes)
        unread = Holdings(limit: configuration.unreadBytes)
        self.line = line
        stall = TimeAmount(configuration.writeStallTimeout)
    }

    /// `connection`: that of a stream; none for a connection itself.
    func stallHandler<Written: Measured>(
        of written: Written.Type, on connection: (any Channel)? = nil
    ) -> WriteStallHandler<Written> {
        WriteStallHandler(limit: stall, holdings: unread, line: line, connection: connection)
    }

    func untakenAnswers(on connection: (any Channel)?) -> UntakenAnswers {
        UntakenAnswers(limit: stall, line: line, connection: connection)
    }
}
