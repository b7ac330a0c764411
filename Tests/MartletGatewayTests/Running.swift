import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import MartletCore
import MartletLog
import MartletNode
import MartletView
import MartletWire
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import MartletGateway

/// A gateway over a node of its own, all on one loop, with a log in memory and a view in a temporary folder, for the
/// length of one test.
struct Running: Sendable {
    let node: Node
    let log: GatedLog
    let ports: GatewayPorts
    let group: MultiThreadedEventLoopGroup
    let executor: LoopExecutor
    let services: ServiceGroup

    /// When the node starts, by its wall clock.
    static let wall = Timestamp(microseconds: 1_790_000_000_000_000)

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
        let loop = ServingLoop()
        let group = loop.group
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-gateway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A folder that cannot be removed is the temporary folder's business.
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = GatedLog()
        let view = try View(
            path: folder.appending(path: "view.db").path, incarnation: log.incarnation.description, limits: limits)
        let node = try await Node(
            log: log, view: view, reserve: log, configuration: nodeConfiguration, wall: wall,
            random: SystemRandomNumberGenerator(), executor: loop.executor, logger: logger)
        let (bound, announce) = AsyncStream.makeStream(of: GatewayPorts.self)
        let gateway = Gateway(
            node: node, configuration: configuration, loop: loop, logger: logger,
            now: { wall + .seconds(86_400) }, onBound: { announce.yield($0) })
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: gateway, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        let (leading, led) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup { tasks in
            // How a leadership ends is the test's to provoke, and the callers' to hear.
            let leadership = Task {
                defer { led.finish() }
                try? await node.run { led.yield() }
            }
            for await _ in leading { break }
            tasks.addTask {
                defer { announce.finish() }
                try await services.run()
            }
            for await ports in bound {
                let running = Running(
                    node: node, log: log, ports: ports, group: group, executor: loop.executor, services: services)
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
            leadership.cancel()
            await leadership.value
        }
        await view.close()
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
