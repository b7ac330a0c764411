internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// The HTTP server: Hummingbird's connections with our guard in front, and `Routes` behind.
struct HTTPListener: Sendable {
    let routes: Routes
    let configuration: GatewayConfiguration
    let limits: SharedLimits
    let group: MultiThreadedEventLoopGroup
    let logger: Logger
    let bound: BoundPort

    func run() async throws {
        let channel = GuardedHTTP1Channel(
            routes: routes, configuration: configuration, limits: limits, logger: logger)
        var quiet = logger
        // Hummingbird tells of each start and stop at info; we do so ourselves.
        quiet.logLevel = max(logger.logLevel, .warning)
        let server = channel.server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.http.host, port: configuration.http.port), backlog: 1024),
            onServerRunning: { bound.set($0.localAddress?.port) }, eventLoopGroup: group, logger: quiet)
        do {
            try await server.run()
        } catch {
            bound.set(nil)
            throw error
        }
        bound.set(nil)
    }
}

/// The port of the listener, which others may wait for.
final class BoundPort: Sendable {
    private let departure = Departure()
    private let value = Mutex<Int?>(nil)

    /// Nil: it will never be bound. Only the first call counts.
    func set(_ port: Int?) {
        value.withLock { $0 = $0 ?? port }
        departure.happen()
    }

    func port() async throws -> Int {
        await departure.wait()
        try Task.checkCancellation()
        guard let port = value.withLock({ $0 }) else { throw GatewayError.noPort }
        return port
    }
}

/// One HTTP/1.1 connection: counted, guarded, and answered by the routes.
struct GuardedHTTP1Channel: ServerChildChannel {
    let routes: Routes
    let configuration: GatewayConfiguration
    let limits: SharedLimits
    let logger: Logger

    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        let ready: EventLoopFuture<Ready>
    }

    /// What serves a connection that has said something.
    struct Ready: Sendable {
        let handler: HTTP1Channel
        let value: HTTP1Channel.Value
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try limits.connections.admit(channel)
            let word = FirstWord(on: channel, within: configuration.http.headTimeout, line: limits.line) {
                build($0, logger)
            }
            try channel.pipeline.syncOperations.addHandler(word)
            return Connection(channel: channel, ready: word.connection)
        }
    }

    private func build(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Ready> {
        let gate = ByteGate(line: limits.line)
        do {
            // In front of all others: it counts bytes.
            try channel.pipeline.syncOperations.addHandlers([limits.stallHandler(of: IOData.self), gate])
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        let departure = Departure()
        let responder = HTTPResponder(routes: routes, departure: departure, logger: self.logger)
        let http = configuration.http
        let (parts, line, stall) = (limits.parts, limits.line, configuration.writeStallTimeout)
        let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
        let handler = HTTP1Channel(
            responder: { request, writer, _ in
                if request.headers[.expect]?.lowercased() == "100-continue" {
                    try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                }
                let response = await responder.response(to: request)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionGuard(
                        limits: http, stall: stall, departure: departure, parts: parts, gate: bound.value, line: line),
                    BodyPacker(),
                ],
                idleTimeout: TimeAmount(http.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: http.maxHeaderBytes, maxHeaderListSize: http.maxHeaderBytes,
                    maxHeaderFieldCount: http.maxHeaders)))
        return handler.setup(channel: channel, logger: logger).map { Ready(handler: handler, value: $0) }
    }

    func handle(value: Connection, logger: Logger) async {
        let ready = await withTaskCancellationHandler {
            // It ended without a word.
            try? await value.ready.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
        if let ready { await ready.handler.handle(value: ready.value, logger: logger) }
    }
}
