package import Logging
public import MartletCore
package import MartletLog
public import MartletView
package import MartletWire
import NIOCore

/// One running server: recovers what was, leads its partition, and answers whoever asks.
///
/// A thin front of the leader, which lives on the given loop. Every call may throw `NodeError.unavailable` while the
/// node starts, after it has begun to go down, or once it leads no longer.
public final class Node: Sendable {
    public let configuration: NodeConfiguration
    let leader: Leader

    /// Recovers the view and the partition from the log. The node serves once `run` leads.
    ///
    /// - Parameters:
    ///   - wall: the wall clock at the time of the call, in microseconds since 1970.
    ///   - random: where nonces, seeds and session ids come from.
    /// - Throws: `RecoveryError` when log and view do not fit together, `LogError` or `ViewError` when one of them
    ///   cannot be used.
    package init(
        log: any EventLog, view: View, reserve: (any ReservedSpace)?, configuration: NodeConfiguration,
        wall: Timestamp, random: any RandomNumberGenerator & Sendable, executor: LoopExecutor, logger: Logger
    ) async throws {
        self.configuration = configuration
        // Recovery takes its time, and the clock goes on meanwhile.
        let begun = executor.loop.now
        let recovered = try await Recovery(log: log, view: view, limits: configuration.limits, logger: logger).run()
        leader = Leader(
            partition: recovered.partition, head: recovered.head, log: log, view: view, reserve: reserve,
            configuration: configuration,
            clock: LeaderClock(
                loop: executor.loop, wall: wall, at: begun, notBefore: Timestamp(microseconds: recovered.head.time)),
            random: random, executor: executor, logger: logger)
    }

    /// Leads until cancelled, or until it can lead no longer.
    ///
    /// - Parameter whenLeading: called once the first entry of this leadership is durable: the node serves.
    /// - Throws: why the leadership ended, unless it was cancelled.
    public func run(whenLeading: @Sendable @escaping () async throws -> Void = {}) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.leader.run() }
            group.addTask {
                do {
                    try await self.leader.lead()
                } catch NodeError.unavailable {
                    // The leader has stopped, and its own task tells why.
                    return
                }
                try await whenLeading()
            }
            defer { group.cancelAll() }
            do {
                for try await _ in group {}
            } catch is CancellationError {
                // The end that was asked for.
            }
        }
    }

    /// Takes nothing new, and returns once what is in flight has been answered and the view is written.
    public func drain() async throws {
        try await leader.beginDrain()
    }
}

// Jobs.
extension Node {
    /// Submits all of the jobs or none; durable when it returns.
    public func submit(_ jobs: [JobSpec], stamp: SubmissionStamp?) async throws(NodeError) -> [JobID] {
        let (results, result) = AsyncStream.makeStream(of: Result<[JobID], NodeError>.self)
        await leader.submit(jobs, stamp: stamp) {
            result.yield($0)
            result.finish()
        }
        for await result in results { return try result.get() }
        throw .unavailable(reason: "the caller went away")
    }

    /// The same for streams: returns once decided.
    ///
    /// - Parameter reply: called on the node's loop once durable or refused; accepted ones in the order of the calls.
    public func submit(
        _ jobs: [JobSpec], stamp: SubmissionStamp?, reply: @escaping @Sendable (Result<[JobID], NodeError>) -> Void
    ) async {
        await leader.submit(jobs, stamp: stamp, reply: reply)
    }

    public func job(_ id: JobID) async throws(NodeError) -> JobRecord {
        try await leader.job(id)
    }

    /// The job once it is final, or as it stands when the time is over.
    public func job(_ id: JobID, finishedWithin wait: Duration) async throws(NodeError) -> JobRecord {
        try await leader.job(id, finishedWithin: wait)
    }

    /// Calls `body` with each job as it ends; returns after the last. Unknown ids throw.
    public func withFinishedJobs(
        _ ids: [JobID], _ body: @Sendable (JobRecord) async throws -> Void
    ) async throws {
        try await leader.withFinishedJobs(ids, body)
    }

    public func jobs(_ query: JobQuery) async throws(NodeError) -> JobPage {
        try await leader.reading { view async throws(ViewError) in try await view.jobs(query) }
    }

    public func history(of id: JobID) async throws(NodeError) -> [HistoryEvent] {
        let history = try await leader.reading { view async throws(ViewError) in try await view.history(of: id) }
        guard let history else { throw .unknownJob(id) }
        return history
    }

    public func cancel(_ id: JobID) async throws(NodeError) -> JobRecord {
        try await leader.cancel(id)
    }

    public func redrive(_ id: JobID) async throws(NodeError) -> JobRecord {
        try await leader.redrive(id)
    }

    public func queues() async throws(NodeError) -> [(record: QueueRecord, workers: Int)] {
        try await leader.queues()
    }

    public func workers() async -> [WorkerStatus] {
        await leader.sessions.statuses
    }
}

// Work over a session.
extension Node {
    /// - Parameter sink: called on the node's loop, in order; must not block.
    public func open(
        _ opening: SessionOpening, sink: @escaping @Sendable (SessionMessage) -> Void
    ) async throws(NodeError) -> SessionConnection {
        try await leader.open(opening, sink: sink)
    }

    /// Answered by `.settled` with this number.
    public func report(_ number: UInt64, _ outcomes: [AttemptOutcome], from connection: SessionConnection) async {
        await leader.report(number, outcomes, from: connection)
    }

    public func heartbeat(_ connection: SessionConnection) async {
        await leader.heartbeat(connection)
    }

    /// Nothing more is handed to this session.
    public func drain(_ connection: SessionConnection) async {
        await leader.drain(connection)
    }

    /// The stream has ended: the grace begins.
    public func disconnect(_ connection: SessionConnection) async {
        await leader.disconnect(connection)
    }
}

// Work without a session.
extension Node {
    /// Leases up to `limit` attempts for `lease`; waits up to `wait` for the first. Empty when none came.
    public func lease(
        queues: [String], limit: Int, lease: Duration, wait: Duration
    ) async throws(NodeError) -> [Delivery] {
        try await leader.lease(queues: queues, limit: limit, lease: lease, wait: wait)
    }

    public func extend(_ attempt: AttemptID, by duration: Duration) async throws(NodeError) -> Timestamp {
        try await leader.extend(attempt, by: duration)
    }

    public func complete(_ attempt: AttemptID, result: [UInt8]) async throws(NodeError) {
        try await leader.complete(attempt, result: result)
    }

    public func fail(
        _ attempt: AttemptID, _ failure: Failure, isFinal: Bool, retryAfter: Duration?
    ) async throws(NodeError) -> (state: JobState, due: Timestamp?) {
        try await leader.fail(attempt, failure, isFinal: isFinal, retryAfter: retryAfter)
    }

    public func release(_ attempt: AttemptID) async throws(NodeError) {
        try await leader.release(attempt)
    }
}

// Operation.
extension Node {
    /// Ready means that an append succeeded in the last five seconds, or does now.
    public func health() async -> NodeHealth {
        await leader.health()
    }

    public func metrics() async -> NodeMetrics {
        await leader.currentMetrics
    }
}

extension Node {
    /// What is wrong with the partition, or waits for nothing, in words. Costs a walk through all of it: for simulations.
    package func checkInvariants() async -> [String] {
        await leader.partition.checkInvariants() + leader.checkDispatch()
    }

    /// Calls that wait for a job or a lease now.
    package var waiterCount: Int {
        get async { await leader.waiterCount }
    }
}
