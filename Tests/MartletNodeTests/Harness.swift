import Foundation
import Logging
import MartletCore
import MartletLog
import MartletView
import MartletWire
import NIOCore
import NIOEmbedded
import Synchronization

@testable import MartletNode

/// A node on a loop whose time the test moves, with a real view in a temporary folder.
final class NodeHarness: Sendable {
    let log: ScriptedLog
    let loop: NIOAsyncTestingEventLoop
    let folder: URL
    let configuration: NodeConfiguration
    static let wall = Timestamp(microseconds: 1_790_000_000_000_000)

    init(log: ScriptedLog = ScriptedLog(), configuration: NodeConfiguration = NodeConfiguration()) throws {
        self.log = log
        self.configuration = configuration
        loop = NIOAsyncTestingEventLoop()
        folder = FileManager.default.temporaryDirectory.appending(path: "martlet-node-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that cannot be removed is the temporary folder's business.
        try? FileManager.default.removeItem(at: folder)
    }

    var viewPath: String { folder.appending(path: "view.db").path }

    /// - Parameter other: in place of the harness's own configuration.
    func openView(_ other: NodeConfiguration? = nil) throws -> View {
        let limits = (other ?? configuration).limits
        return try View(path: viewPath, incarnation: log.incarnation.description, limits: limits)
    }

    func makeNode(_ view: View, _ other: NodeConfiguration? = nil) async throws -> Node {
        try await Node(
            log: log, view: view, reserve: log, configuration: other ?? configuration, wall: Self.wall,
            random: SeededGenerator(seed: 1), executor: LoopExecutor(loop), logger: Logger(label: "test"))
    }

    /// Runs a node until the body returns. Call it again on the same harness for a restart.
    ///
    /// - Returns: how the leadership ended; nil when it went on until the body had returned.
    @discardableResult
    func run(_ body: @Sendable @escaping (Node) async throws -> Void) async throws -> (any Error)? {
        try await run(on: try openView(), body)
    }

    /// The same after a change of the configuration.
    @discardableResult
    func run(
        with other: NodeConfiguration, _ body: @Sendable @escaping (Node) async throws -> Void
    ) async throws -> (any Error)? {
        try await run(on: try openView(other), with: other, body)
    }

    @discardableResult
    func run(
        on view: View, with other: NodeConfiguration? = nil, _ body: @Sendable @escaping (Node) async throws -> Void
    ) async throws -> (any Error)? {
        let node = try await makeNode(view, other)
        let (leading, led) = AsyncStream.makeStream(of: Void.self)
        let ended: (any Error)? = try await withThrowingTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                defer { led.finish() }
                do {
                    try await node.run { led.yield() }
                    return nil
                } catch {
                    return error
                }
            }
            for await _ in leading { break }
            try await body(node)
            group.cancelAll()
            return try await group.next() ?? nil
        }
        await view.close()
        return ended
    }

    func advance(by duration: Duration) async {
        await loop.advanceTime(by: .microseconds(duration.inMicroseconds))
    }
}

struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.increment
        return SplitMix64.mix(state)
    }
}

/// A worker as the node sees it: what it was told, in order.
final class FakeWorker: Sendable {
    private let told: AsyncStream<SessionMessage>
    private let tell: AsyncStream<SessionMessage>.Continuation
    private let unread = Mutex<[SessionMessage]>([])

    init() {
        (told, tell) = AsyncStream.makeStream(of: SessionMessage.self)
    }

    var sink: @Sendable (SessionMessage) -> Void {
        { [self] message in
            unread.withLock { $0.append(message) }
            tell.yield(message)
        }
    }

    /// What it has been told and not taken yet.
    var pending: [SessionMessage] { unread.withLock { $0 } }

    /// The next message; waits for it.
    func next() async -> SessionMessage {
        for await message in told {
            unread.withLock { _ = $0.removeFirst() }
            return message
        }
        return .goodbye
    }

    /// The next message, which must be attempts.
    func attempts() async throws -> [Delivery] {
        guard case .attempts(let deliveries) = await next() else { throw Unexpected() }
        return deliveries
    }

    /// The next message, which must be a settlement.
    func settled() async throws -> (number: UInt64, refused: [MartletNode.RefusedOutcome]) {
        guard case .settled(let number, let refused) = await next() else { throw Unexpected() }
        return (number, refused)
    }

    func revoked() async throws -> [AttemptID] {
        guard case .revoked(let attempts) = await next() else { throw Unexpected() }
        return attempts
    }

    struct Unexpected: Error {}
}

extension Node {
    func open(
        _ worker: FakeWorker, queues: [String] = ["mail"], concurrency: Int = 10, resuming: SessionID? = nil,
        held: [AttemptID] = []
    ) async throws -> SessionConnection {
        let opening = SessionOpening(
            resuming: resuming, name: "test", queues: queues, concurrency: concurrency, held: held)
        return try await open(opening, sink: worker.sink)
    }

    func submitOne(_ spec: JobSpec = .mail()) async throws -> JobID {
        try await submit([spec], stamp: nil)[0]
    }

    /// A worker with one attempt in hand.
    func busyWorker() async throws -> (worker: FakeWorker, connection: SessionConnection, delivery: Delivery) {
        let worker = FakeWorker()
        let connection = try await open(worker)
        _ = try await submitOne()
        return (worker, connection, try await worker.attempts()[0])
    }

    /// Returns once so many callers wait for what is being written.
    func whenWaiting(_ count: Int) async {
        while await leader.batch.effects.count < count { await Task.yield() }
    }
}

extension JobSpec {
    static func mail(_ payload: [UInt8] = [1], key: String? = nil, priority: UInt8 = 5, start: Start = .now) -> JobSpec
    {
        JobSpec(
            kind: "send", queue: "mail", payload: payload, priority: priority, start: start, idempotencyKey: key)
    }
}

extension AttemptOutcome {
    static func completed(_ delivery: Delivery, _ result: [UInt8] = [9]) -> AttemptOutcome {
        AttemptOutcome(attempt: delivery.attempt, ending: .completed(result: result))
    }

    static func failed(_ delivery: Delivery, isFinal: Bool = false) -> AttemptOutcome {
        AttemptOutcome(
            attempt: delivery.attempt,
            ending: .failed(Failure(code: "error", message: "no"), isFinal: isFinal, retryAfter: nil))
    }
}
