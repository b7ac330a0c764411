internal import GRPCCore
package import Logging
package import MartletCore
package import MartletNode
internal import NIOCore
public import ServiceLifecycle

/// The node's two faces, gRPC and HTTP, over the same messages.
///
/// Everything runs on the executor's one event loop: sockets, handlers and, when it is given the same loop, the node.
/// No business rule is here: a call is mapped, asked of the node, and its answer mapped back.
public struct Gateway: Service {
    private let node: Node
    private let configuration: GatewayConfiguration
    private let loop: ServingLoop
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let onBound: @Sendable (GatewayPorts) -> Void
    private let onChurn: @Sendable () -> Void

    /// `now` is the wall clock, for ages that are shown; it is read once here, as the time at which the process started.
    /// `onBound` is called once both ports take connections, `onChurn` on the loop, each time that many connections have
    /// gone and left free memory behind.
    package init(
        node: Node, configuration: GatewayConfiguration, loop: ServingLoop, logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        onBound: @escaping @Sendable (GatewayPorts) -> Void = { _ in },
        onChurn: @escaping @Sendable () -> Void = {}
    ) {
        self.node = node
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        self.now = now
        self.onBound = onBound
        self.onChurn = onChurn
    }

    /// Serves until it is cancelled or asked to end gracefully; then what is in flight has `shutdownTimeout` to be
    /// answered. Throws when a port cannot be bound.
    public func run() async throws {
        let jobs = JobCalls(node: node, now: now)
        let work = WorkCalls(node: node)
        let limits = SharedLimits(configuration, line: loop.line, onChurn: onChurn)
        let grpc = try GRPCListener(
            address: .makeAddressResolvingHost(configuration.grpc.host, port: configuration.grpc.port), jobs: jobs,
            work: work, configuration: configuration, limits: limits, group: loop.group)
        let bound = BoundPort()
        let http = HTTPListener(
            routes: Routes(jobs: jobs, work: work, configuration: configuration, startedAt: now()),
            configuration: configuration, limits: limits, group: loop.group, logger: logger, bound: bound)
        try await withTaskExecutorPreference(loop.executor) {
            try await serve(grpc, http, bound)
        }
    }

    private enum Finished { case server, ports, asked, overdue }

    private func serve(_ grpc: GRPCListener, _ http: HTTPListener, _ bound: BoundPort) async throws {
        try await withThrowingTaskGroup(of: Finished.self) { group in
            group.addTask {
                try await grpc.server.serve()
                return .server
            }
            group.addTask {
                try await http.run()
                return .server
            }
            group.addTask {
                let ports = GatewayPorts(http: try await bound.port(), grpc: try await grpc.port)
                logger.info("The gateway serves", metadata: ["http": "\(ports.http)", "grpc": "\(ports.grpc)"])
                onBound(ports)
                return .ports
            }
            group.addTask {
                try await gracefulShutdown()
                return .asked
            }
            var serving = 2
            while serving > 0, let finished = try await group.next() {
                switch finished {
                case .server where Task.isShuttingDownGracefully: serving -= 1
                case .server: throw GatewayError.ended
                case .ports: break
                case .asked:
                    grpc.server.beginGracefulShutdown()
                    group.addTask {
                        try await Task.sleep(for: configuration.shutdownTimeout)
                        return .overdue
                    }
                case .overdue:
                    logger.warning("The gateway cuts what is still in flight")
                    return await Self.cut(&group)
                }
            }
            group.cancelAll()
        }
    }

    /// What is cut ends with an error or without: neither is news.
    private static func cut(_ group: inout ThrowingTaskGroup<Finished, any Error>) async {
        group.cancelAll()
        while await group.nextResult() != nil {}
    }
}

/// Why the gateway could not start, or ended by itself.
enum GatewayError: Error {
    /// An address has no port, such as that of a Unix socket.
    case noPort
    /// A listener ended without having been asked.
    case ended
}
