internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import Logging
internal import MartletNode
internal import MartletWire
internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix

/// The gRPC server: its services, and the limits of its transport.
struct GRPCListener: Sendable {
    private typealias Transport = HTTP2ServerTransport.Custom<GRPCAcceptor>

    let server: GRPCServer<HTTP2ServerTransport.Custom<GRPCAcceptor>>

    /// `address` is numeric.
    init(
        address: NIOCore.SocketAddress, jobs: JobCalls, work: WorkCalls, configuration: GatewayConfiguration,
        limits: SharedLimits, group: MultiThreadedEventLoopGroup
    ) throws {
        let services: [any RegistrableRPCService] = [
            JobsService(calls: jobs),
            WorkService(calls: work),
            StreamsService(
                node: jobs.node, jobs: JobsService(calls: jobs), work: WorkService(calls: work),
                configuration: configuration.grpc),
            HealthService(node: jobs.node, interval: configuration.grpc.healthInterval),
            ReflectionService(index: try DescriptorIndex(base64: serializedDescriptors)),
        ]
        let acceptor = GRPCAcceptor(address: address, limits: limits, grpc: configuration.grpc, group: group)
        let transport = Transport(listenerFactory: acceptor, config: Self.transport(configuration, limits: limits))
        server = GRPCServer(transport: transport, services: services)
    }

    /// The port, once it is bound.
    var port: Int {
        get async throws {
            let address = await server.transport.listeningAddress
            guard let port = address?.ipv4?.port ?? address?.ipv6?.port else { throw GatewayError.noPort }
            return port
        }
    }

    private static func transport(_ configuration: GatewayConfiguration, limits: SharedLimits) -> Transport.Config {
        let grpc = configuration.grpc
        let calls = CallGuard.Limits(
            grpc: grpc, stall: configuration.writeStallTimeout, holdings: limits.parts, line: limits.line)
        var config = Transport.Config.defaults
        config.http2.maxConcurrentStreams = grpc.maxConcurrentStreams
        config.http2.targetWindowSize = grpc.windowBytes
        config.rpc.maxRequestPayloadSize = grpc.maxMessageBytes
        // `FrameGuard` looks after both: the one's timer would keep its handler, and each connection leave it behind; the
        // other's begins with a connection, and would miss that, for the handlers come only with the first bytes.
        config.connection.maxIdleTime = nil
        config.connection.maxAge = nil
        config.connection.maxGraceTime = grpc.maxAgeGrace
        config.connection.keepalive.time = grpc.keepaliveTime
        config.connection.keepalive.timeout = grpc.keepaliveTimeout
        config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = grpc.shortestClientPing
        config.connection.keepalive.clientBehavior.allowWithoutCalls = true
        // Batches are made above; a flush that waits for company would only cost latency.
        config.connection.flushCoalescing = nil
        config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
            channel.eventLoop.makeCompletedFuture { try guardCall(channel, calls, limits) }
        }
        return config
    }

    private static func guardCall(_ channel: any Channel, _ calls: CallGuard.Limits, _ limits: SharedLimits) throws {
        let connection = try channel.parent?.pipeline.syncOperations.handler(type: FrameGuard.self)
        connection?.callBegan()
        channel.closeFuture.assumeIsolated().whenComplete { _ in connection?.callEnded() }
        let guardian = CallGuard(limits: calls, connection: connection, isAdmitted: limits.calls.count(channel))
        let stall = limits.stallHandler(of: HTTP2Frame.FramePayload.self, on: channel.parent)
        // An answer is counted whole before it is cut into pieces.
        try channel.pipeline.syncOperations.addHandlers(
            [limits.untakenAnswers(on: channel.parent), stall, guardian], position: .first)
    }
}
