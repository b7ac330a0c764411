public import Logging
public import ServiceLifecycle

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Submits jobs to a Martlet server and asks about them.
///
/// Run it as a service, beside whatever uses it:
///
///     let client = MartletClient()
///     let services = ServiceGroup(services: [client, server], logger: logger)
///     try await services.run()
///
/// or for the length of a scope, with `MartletClient.with`. Calls made before `run` wait for it. One client serves any
/// number of tasks, and the more that submit at once the less each submission costs.
public final class MartletClient: Service, Sendable {
    let submitter: Submitter
    let options: ClientOptions
    let logger: Logger
    /// Or why there cannot be one, for every call to say.
    private let connected: Result<Connection, MartletError>

    public init(
        _ address: ServerAddress = .standard,
        logger: Logger = Logger(label: "martlet.client"),
        options: ClientOptions = .standard
    ) {
        self.logger = logger
        self.options = options
        submitter = Submitter(patience: options.patience) { UUID().uuidString.lowercased() }
        do {
            connected = .success(try Connection(address))
        } catch {
            connected = .failure(
                error as? MartletError ?? MartletError(.internalError, "cannot make a connection", cause: error))
        }
    }

    var connection: Connection {
        get throws { try connected.get() }
    }

    /// Keeps the connection until graceful shutdown or cancellation. Call it once.
    ///
    /// A graceful shutdown takes no new submissions, waits for the answers to those under way, and closes. After
    /// `run` every call throws `unavailable`.
    public func run() async throws {
        defer { submitter.abandon(MartletError(.unavailable, "the client has ended"), isFinal: true) }
        let connection = try connection
        let stream = SubmitStream(submitter: submitter, connection: connection, logger: logger)
        try await withGracefulShutdownHandler {
            try await withTaskExecutorPreference(connection.executor) {
                try await Self.serve(stream, over: connection)
            }
        } onGracefulShutdown: {
            self.submitter.close()
        }
    }

    private static func serve(_ stream: SubmitStream, over connection: Connection) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await stream.run()
                connection.close()
                // Other calls under way may end by themselves; the rest is cut off.
                try await connection.pause(for: .seconds(5))
            }
            group.addTask { try await connection.run() }
            try await group.next()
            try Task.checkCancellation()
        }
    }

    /// Runs a client for as long as `body` does. Submissions that `body` awaited are durable when this returns.
    public static func with<R>(
        _ address: ServerAddress = .standard,
        logger: Logger = Logger(label: "martlet.client"),
        options: ClientOptions = .standard,
        body: (MartletClient) async throws -> R
    ) async throws -> R {
        let client = MartletClient(address, logger: logger, options: options)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            let result: R
            do {
                result = try await body(client)
            } catch {
                group.cancelAll()
                throw error
            }
            client.submitter.close()
            try await group.waitForAll()
            return result
        }
    }
}
