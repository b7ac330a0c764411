public import Logging
public import ServiceLifecycle
internal import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Runs jobs: register handlers, then run it as a service.
///
///     let worker = MartletWorker(queues: ["mail"])
///     worker.handle(EmailJob.self) { job, attempt in
///         try await mailer.send(to: job.to, idempotencyKey: attempt.idempotencyToken)
///     }
///     try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
///
/// A job runs at least once: a worker that vanishes leaves its jobs to others. A handler that throws fails its
/// attempt, and the job is retried by its policy; `RefuseJob` and `RetryJob` say otherwise. Handlers run on the global
/// pool, up to `concurrency` at once, and may block its threads: the worker's connection does not need them.
public final class MartletWorker: Service, Sendable {
    private enum State {
        case idle(HandlerTable)
        case started
    }

    private let address: ServerAddress
    private let identity: WorkerSession.Identity
    private let drainTimeout: Duration
    private let logger: Logger
    private let state = Mutex(State.idle(HandlerTable()))

    /// - Parameters:
    ///   - queues: 1 to 64 queues, in no order.
    ///   - concurrency: how many attempts run at once, 1 to 10,000.
    ///   - name: for people; otherwise host and process.
    ///   - drainTimeout: how long a graceful shutdown waits for running handlers before it cancels them.
    public init(
        _ address: ServerAddress = .standard,
        queues: [String] = ["default"],
        concurrency: Int = 100,
        name: String? = nil,
        drainTimeout: Duration = .seconds(30),
        logger: Logger = Logger(label: "martlet.worker")
    ) {
        self.address = address
        self.drainTimeout = drainTimeout
        self.logger = logger
        let process = ProcessInfo.processInfo
        identity = WorkerSession.Identity(
            name: name ?? "\(process.hostName)/\(process.processIdentifier)", queues: queues, concurrency: concurrency)
    }

    /// The handler of all jobs of this type. A payload that is not the job's JSON fails the attempt.
    ///
    /// Handlers are registered before `run`, one for each kind.
    public func handle<J: JobDefinition>(
        _: J.Type, _ body: @escaping @Sendable (J, AttemptContext) async throws -> J.Output
    ) {
        register {
            $0.add(J.kind) { payload, attempt in
                try JSON.encode(try await body(try JSON.decode(J.self, from: payload), attempt))
            }
        }
    }

    /// The handler of a kind, in bytes: what it returns is the job's result.
    public func handle(
        kind: String, _ body: @escaping @Sendable (_ payload: [UInt8], AttemptContext) async throws -> [UInt8]
    ) {
        register { $0.add(kind) { Data(try await body([UInt8]($0), $1)) } }
    }

    /// The handler of every other kind. Without one, jobs of unknown kinds fail with the code "no-handler".
    public func handleAny(_ body: @escaping @Sendable (_ payload: [UInt8], AttemptContext) async throws -> [UInt8]) {
        register { $0.addFallback { Data(try await body([UInt8]($0), $1)) } }
    }

    /// Takes and runs jobs until graceful shutdown, over any number of lost connections. Call it once.
    ///
    /// A graceful shutdown takes nothing new, waits up to `drainTimeout` for running handlers, cancels the rest and
    /// gives their jobs back. Cancellation ends at once: handlers are cancelled, and the server takes their attempts
    /// for lost when the session's grace is over.
    public func run() async throws {
        let handlers = state.withLock { state in
            guard case .idle(let handlers) = state else { preconditionFailure("A worker runs once.") }
            state = .started
            return handlers
        }
        let session = WorkerSession(
            connection: try Connection(address), handlers: handlers, identity: identity, drainTimeout: drainTimeout,
            logger: logger)
        try await withGracefulShutdownHandler {
            try await session.run()
        } onGracefulShutdown: {
            session.drain()
        }
    }

    private func register(_ add: (inout HandlerTable) -> Void) {
        state.withLock { state in
            guard case .idle(var handlers) = state else {
                preconditionFailure("Handlers are registered before the worker runs.")
            }
            add(&handlers)
            state = .idle(handlers)
        }
    }
}
