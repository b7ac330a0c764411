import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import MartletCore
import MartletNode
import MartletWire
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import MartletGateway

/// A gateway over a fake node, on ports of its own, for the length of one test.
struct Running: Sendable {
    let node: Node
    let ports: GatewayPorts
    let group: MultiThreadedEventLoopGroup
    let services: ServiceGroup

    static func gateway(
        _ change: (inout GatewayConfiguration) -> Void = { _ in }, limits: Limits = Limits(),
        _ body: @escaping @Sendable (Running) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configuration.http.port = 0
        configuration.grpc.port = 0
        configuration.http.lingering = .milliseconds(200)
        configuration.shutdownTimeout = .seconds(2)
        change(&configuration)
        var nodeConfiguration = NodeConfiguration()
        nodeConfiguration.limits = limits
        let node = Node(configuration: nodeConfiguration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (bound, announce) = AsyncStream.makeStream(of: GatewayPorts.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let gateway = Gateway(
            node: node, configuration: configuration, group: group, executor: LoopExecutor(group.next()),
            logger: logger, now: { Timestamp(microseconds: 1_790_000_100_000_000) },
            onBound: { announce.yield($0) })
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: gateway, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { announce.finish() }
                try await services.run()
            }
            for await ports in bound {
                let running = Running(node: node, ports: ports, group: group, services: services)
                do {
                    try await body(running)
                } catch {
                    tasks.cancelAll()
                    throw error
                }
                break
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await group.shutdownGracefully()
    }

    /// Calls over a client of their own.
    func grpc<Answer: Sendable>(
        _ body: @escaping @Sendable (GRPCClient<HTTP2ClientTransport.Posix>) async throws -> Answer
    ) async throws -> Answer {
        let transport = try HTTP2ClientTransport.Posix(
            target: .ipv4(address: "127.0.0.1", port: ports.grpc), transportSecurity: .plaintext)
        return try await withGRPCClient(transport: transport) { try await body($0) }
    }
}
