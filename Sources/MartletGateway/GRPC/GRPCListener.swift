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
    let server: GRPCServer<HTTP2ServerTransport.Posix>

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
        let transport = HTTP2ServerTransport.Posix(
            address: try .init(numeric: address), transportSecurity: .plaintext,
            config: Self.transport(configuration, limits: limits), eventLoopGroup: group)
        server = GRPCServer(transport: transport, services: services)
    }

    /// The port, once it is bound.
    var port: Int {
        get async throws {
            let address = try await server.transport.listeningAddress
            guard let port = address.ipv4?.port ?? address.ipv6?.port else { throw GatewayError.noPort }
            return port
        }
    }

    private static func transport(
        _ configuration: GatewayConfiguration, limits: SharedLimits
    ) -> HTTP2ServerTransport.Posix.Config {
        let calls = CallGuard.Limits(
            grpc: configuration.grpc, stall: configuration.writeStallTimeout, holdings: limits.parts)
        return .defaults { config in
            let grpc = configuration.grpc
            config.http2.maxConcurrentStreams = grpc.maxConcurrentStreams
            config.http2.targetWindowSize = grpc.windowBytes
            config.rpc.maxRequestPayloadSize = grpc.maxMessageBytes
            // `FrameGuard` looks after that: the timer would keep its handler, and each connection leave it behind.
            config.connection.maxIdleTime = nil
            config.connection.maxAge = grpc.maxAge
            config.connection.maxGraceTime = grpc.maxAgeGrace
            config.connection.keepalive.time = grpc.keepaliveTime
            config.connection.keepalive.timeout = grpc.keepaliveTimeout
            config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = grpc.shortestClientPing
            config.connection.keepalive.clientBehavior.allowWithoutCalls = true
            // Batches are made above; a flush that waits for company would only cost latency.
            config.connection.flushCoalescing = nil
            config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                channel.eventLoop.makeCompletedFuture {
                    try limits.connections.admit(channel)
                    try channel.pipeline.syncOperations.addHandlers(
                        [limits.stallHandler(of: IOData.self), FrameGuard(limits: grpc)], position: .first)
                }
            }
            config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
                channel.eventLoop.makeCompletedFuture { try guardCall(channel, calls, limits) }
            }
        }
    }

    private static func guardCall(_ channel: any Channel, _ calls: CallGuard.Limits, _ limits: SharedLimits) throws {
        let connection = try channel.parent?.pipeline.syncOperations.handler(type: FrameGuard.self)
        connection?.callBegan()
        channel.closeFuture.assumeIsolated().whenComplete { _ in connection?.callEnded() }
        let guardian = CallGuard(limits: calls, connection: connection, isAdmitted: limits.calls.count(channel))
        try channel.pipeline.syncOperations.addHandlers(
            [limits.stallHandler(of: HTTP2Frame.FramePayload.self), guardian], position: .first)
    }
}

extension GRPCNIOTransportCore.SocketAddress {
    fileprivate init(numeric address: NIOCore.SocketAddress) throws {
        guard let host = address.ipAddress, let port = address.port else { throw GatewayError.noPort }
        switch address.protocol {
        case .inet6: self = .ipv6(host: host, port: port)
        default: self = .ipv4(host: host, port: port)
        }
    }
}
