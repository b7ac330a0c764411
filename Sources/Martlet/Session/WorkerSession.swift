internal import Logging
internal import MartletWire
internal import NIOCore
internal import Synchronization

/// Keeps a worker's session: the state behind a lock, a stream that comes and goes, and the handlers that run.
final class WorkerSession: Sendable {
    struct Identity: Sendable {
        var name: String
        var queues: [String]
        var concurrency: Int
    }

    typealias Run = Task<Void, Never>
    typealias State = SessionState<Run>

    struct Shell: Sendable {
        var session = State()
        /// Handlers whose tasks have not ended, those that were given up included.
        var live = 0
        /// Handlers were cancelled to end the worker, not to end their jobs.
        var isStopping = false
        var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?
    }

    let connection: Connection
    let handlers: HandlerTable
    let identity: Identity
    let drainTimeout: Duration
    let logger: Logger
    /// Something may be there to send.
    let outbox = Doorbell()
    /// A handler ended, or outcomes were settled.
    let progress = Doorbell()
    private let drainOrder = Doorbell()
    let shell = Mutex(Shell())

    init(
        connection: Connection, handlers: HandlerTable, identity: Identity, drainTimeout: Duration, logger: Logger
    ) {
        self.connection = connection
        self.handlers = handlers
        self.identity = identity
        self.drainTimeout = drainTimeout
        self.logger = logger
    }

    /// Returns when the session is drained; throws when cancelled, or when the server will not have this worker.
    func run() async throws {
        // However this ends, no handler is left that believes in its attempt.
        defer { cancelHandlers() }
        try await withTaskExecutorPreference(connection.executor) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await self.connection.run() }
                group.addTask { try await SessionStream(session: self).run() }
                group.addTask {
                    await self.drainOrder.wait()
                    try Task.checkCancellation()
                    try await self.windDown()
                }
                try await group.next()
                try Task.checkCancellation()
            }
        }
    }

    /// Begins the graceful end.
    func drain() {
        shell.withLock { $0.session.drain() }
        outbox.ring()
        drainOrder.ring()
    }

    func cancelHandlers() {
        let running = shell.withLock { shell in
            shell.isStopping = true
            return shell.session.running.values.compactMap(\.run)
        }
        for run in running { run.cancel() }
    }
}

// The graceful end, in its order.
extension WorkerSession {
    /// How long cancelled handlers have to react.
    private static let reaction = Duration.seconds(1)
    /// How long the last outcomes have to be settled.
    private static let settling = Duration.seconds(5)
    /// How long the server has to close the stream.
    private static let closing = Duration.seconds(1)

    private func windDown() async throws {
        // 1. What runs may end by itself,
        try await wait(drainTimeout) { $0.live == 0 }
        // 2. or is told to,
        if shell.withLock({ $0.live > 0 }) {
            cancelHandlers()
            try await wait(Self.reaction) { $0.live == 0 }
        }
        // 3. and the rest goes back to the queue.
        let left = shell.withLock { shell in
            let left = shell.session.running.count
            shell.session.releaseRunning()
            shell.session.close()
            return left
        }
        outbox.ring()
        if left > 0 {
            logger.warning("Handlers did not end in time; their jobs go back.", metadata: ["jobs": "\(left)"])
        }
        // 4. The server has the last word on every outcome.
        try await wait(Self.settling) { $0.session.unsettled == 0 }
        let unsettled = shell.withLock { $0.session.unsettled }
        if unsettled > 0 {
            logger.warning(
                "The server did not settle all outcomes; these jobs may run again.", metadata: ["jobs": "\(unsettled)"])
        }
        // 5. The stream closes in its turn, which ends the session before this wait does.
        outbox.ring()
        try await connection.pause(for: Self.closing)
    }

    /// Until the condition holds, at most this long.
    private func wait(_ limit: Duration, until holds: (borrowing Shell) -> Bool) async throws {
        let deadline = NIODeadline.now() + TimeAmount(limit)
        let timer = connection.loop.scheduleTask(deadline: deadline) { [progress] in progress.ring() }
        defer { timer.cancel() }
        while !shell.withLock({ holds($0) }), NIODeadline.now() < deadline {
            await progress.wait()
            try Task.checkCancellation()
        }
    }
}
