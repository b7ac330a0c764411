internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import Logging
internal import MartletWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// One HTTP/2 connection to a server, with a thread of its own.
///
/// Socket, gRPC and the SDK's networking tasks all live on that one event loop: a message does not change threads on
/// its way, and a heartbeat goes out even when handlers block every thread of the global pool.
final class Connection: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix

    let executor: LoopExecutor
    let jobs: Martlet_V1_Jobs.Client<Transport>
    let work: Martlet_V1_Work.Client<Transport>
    private let client: GRPCClient<Transport>
    private let group: MultiThreadedEventLoopGroup

    /// Throws `invalidArgument` if the address cannot be one.
    init(_ address: ServerAddress) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            client = GRPCClient(
                transport: try Transport(
                    target: Self.target(address),
                    transportSecurity: .plaintext,
                    config: Self.configuration,
                    eventLoopGroup: group))
        } catch {
            Self.shutDown(group)
            throw MartletError(.invalidArgument, "cannot connect to \(address): \(error)", cause: error)
        }
        self.group = group
        executor = LoopExecutor(group.next())
        jobs = Martlet_V1_Jobs.Client(wrapping: client)
        work = Martlet_V1_Work.Client(wrapping: client)
    }

    deinit {
        // Whoever still uses the loop holds this connection, so here nobody does.
        Self.shutDown(group)
    }

    var loop: any EventLoop { executor.loop }

    /// Connects, and reconnects whenever a call needs it, until `close` or cancellation.
    func run() async throws {
        do {
            try await client.runConnections()
        } catch let error as RuntimeError where error.code == .clientIsStopped {
            // Closed before it came to run.
            return
        } catch {
            throw MartletError.translated(error)
        }
    }

    /// Takes no new calls; `run` returns when those under way have ended.
    func close() {
        client.beginGracefulShutdown()
    }

    /// Like `Task.sleep`, whose timers need a free thread of the global pool. Throws only `CancellationError`.
    func pause(for duration: Duration) async throws {
        let bell = Doorbell()
        let timer = loop.scheduleTask(in: TimeAmount(duration)) { bell.ring() }
        await bell.wait()
        timer.cancel()
        try Task.checkCancellation()
    }

    /// Refused at once rather than queued while there is no connection: whoever calls knows how long to try.
    static func options(timeout: Duration? = nil) -> CallOptions {
        var options = CallOptions.defaults
        options.waitForReady = false
        options.timeout = timeout
        options.maxRequestMessageBytes = 64 << 20
        options.maxResponseMessageBytes = 64 << 20
        return options
    }

    private static var configuration: Transport.Config {
        .defaults { config in
            config.backoff = .init(initial: .milliseconds(50), max: .seconds(2), multiplier: 1.6, jitter: 0.2)
            config.connection.keepalive = .init(time: .seconds(10), timeout: .seconds(5), allowWithoutCalls: false)
        }
    }

    private static func target(_ address: ServerAddress) -> any ResolvableTarget {
        // A numeric address needs no resolver, whose threads are not ours.
        guard let socket = try? NIOCore.SocketAddress(ipAddress: address.host, port: address.port) else {
            // Not an error: the host is a name.
            return .dns(host: address.host, port: address.port)
        }
        switch socket {
        case .v6: return .ipv6(address: address.host, port: address.port)
        case .v4, .unixDomainSocket: return .ipv4(address: address.host, port: address.port)
        }
    }

    private static func shutDown(_ group: MultiThreadedEventLoopGroup) {
        group.shutdownGracefully { error in
            if let error { Logger(label: "martlet.connection").warning("The event loop did not end: \(error)") }
        }
    }
}
