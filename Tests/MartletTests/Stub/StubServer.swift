import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Martlet
import MartletWire
import NIOCore
import NIOPosix
import Testing

/// A Martlet server that says what a test tells it to, over real gRPC on a loopback port.
///
/// It has an event loop of its own and does its work in gRPC's tasks; those run on the executor given, so that a test
/// may block the global pool.
struct StubServer: Sendable {
    let address: ServerAddress

    static func with(
        _ services: [any RegistrableRPCService], body: (StubServer) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            // In a function of its own: the transport must be gone before its loop is.
            try await serve(services, on: group, body)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private static func serve(
        _ services: [any RegistrableRPCService], on group: MultiThreadedEventLoopGroup,
        _ body: (StubServer) async throws -> Void
    ) async throws {
        let executor = LoopExecutor(group.next())
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext,
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = 16 << 20
                config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(1)
            }, eventLoopGroup: group)
        let server = GRPCServer(transport: transport, services: services)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask(executorPreference: executor) { try await server.serve() }
            let port = try #require(try await transport.listeningAddress.ipv4?.port)
            try await body(StubServer(address: ServerAddress(host: "127.0.0.1", port: port)))
        }
    }
}
