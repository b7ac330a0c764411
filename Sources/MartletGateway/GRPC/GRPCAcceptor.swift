internal import GRPCNIOTransportHTTP2Posix
internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix

/// Takes gRPC's connections, within their bounds: counted, guarded, and then gRPC's own.
struct GRPCAcceptor: HTTP2ServerTransport.ListenerFactory {
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
    ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
            .bind(to: address) { channel in
                channel.eventLoop.makeCompletedFuture { try admit(channel) }
                    .flatMap { connectionConfigurator.configure(channel: channel, tls: .none) }
            }
    }

    private func admit(_ channel: any Channel) throws {
        try limits.connections.admit(channel)
        try channel.pipeline.syncOperations.addHandlers(
            [limits.stallHandler(of: IOData.self), FrameGuard(limits: grpc, line: limits.line)])
    }
}
