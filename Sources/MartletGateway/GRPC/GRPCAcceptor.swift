internal import GRPCNIOTransportHTTP2Posix
internal import NIOCore
internal import NIOPosix

/// Takes gRPC's connections, within their bounds: counted, guarded, and, once they have said something, gRPC's own.
struct GRPCAcceptor: HTTP2ServerTransport.ListenerFactory {
    typealias Connection = HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel

    /// A numeric one.
    let address: NIOCore.SocketAddress
    let limits: SharedLimits
    let grpc: GatewayConfiguration.GRPC
    let group: MultiThreadedEventLoopGroup
    /// Connections that the system takes before we do: a busy loop must not turn them away.
    private static let backlog: Int32 = 1024

    var eventLoopGroup: any EventLoopGroup { group }

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<Connection, Never> {
        let listening = group.next().makePromise(of: NIOAsyncChannel<Connection, Never>.self)
        let bound = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                listenerConfigurator.configure(channel: channel).flatMapThrowing {
                    listening.succeed(
                        try Door.install(in: channel) { try admit($0, connectionConfigurator) })
                }
            }
            .bind(to: address)
        bound.whenFailure { listening.fail($0) }
        _ = try await bound.get()
        return try await listening.futureResult.get()
    }

    private func admit(
        _ channel: any Channel, _ configurator: HTTP2ServerTransport.ConnectionConfigurator
    ) throws -> EventLoopFuture<Connection> {
        try limits.connections.admit(channel)
        let word = FirstWord(on: channel, within: grpc.openTimeout, line: limits.line) { channel in
            channel.eventLoop.makeCompletedFuture { try guardConnection(channel) }
                .flatMap { configurator.configure(channel: channel, tls: .none) }
        }
        try channel.pipeline.syncOperations.addHandler(word)
        return word.connection
    }

    private func guardConnection(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(
            [limits.stallHandler(of: IOData.self), FrameGuard(limits: grpc, line: limits.line)])
    }
}
