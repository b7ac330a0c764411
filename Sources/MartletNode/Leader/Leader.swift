import Logging
import MartletCore
import MartletLog
import MartletView
import MartletWire
import NIOCore

/// Leads one partition: decides, records, then acts.
///
/// Commands are decided and applied as they come and gather in a batch while the entry before is being written
/// (group commit). Nobody is answered and nothing is handed out before the batch is durable. A leader that is fenced
/// or whose log fails throws its state away: `run` ends, and every caller hears that the node is unavailable.
///
/// Lives on one event loop, beside the connections it serves; its timers are the loop's.
///
/// - `Leader+Deciding`: from a command to its facts
/// - `Leader+Commands`: what jobs are told
/// - `Leader+Sessions`, `Leader+Leases`: how workers take and report
/// - `Leader+Dispatch`: who gets what is ready
/// - `Leader+Writing`: the way of a batch to the log, and what follows
/// - `Leader+Paging`: cold jobs come in
/// - `Leader+Timers`, `Leader+Housekeeping`: what time brings
/// - `Leader+Room`: a full disk
actor Leader {
    nonisolated let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: NodeConfiguration
    let log: any EventLog
    let view: View
    let reserve: (any ReservedSpace)?
    let logger: Logger
    let clock: LeaderClock

    var partition: Partition
    var random: any RandomNumberGenerator & Sendable
    var batch = Batch()
    var head: LogHead
    var phase = Phase.starting
    /// Why nothing could be written any more.
    var failure: (any Error)?
    var metrics = NodeMetrics()

    var dispatcher = Dispatcher()
    var sessions = SessionTable()
    var leases = LeaseWaiters()
    var waiters = Waiters()

    /// The writer has something to do, or will look before it rests.
    var isWriterAwake = false
    let writerCalls: AsyncStream<Void>
    let callWriter: AsyncStream<Void>.Continuation
    let pageRequests: AsyncStream<PageRequest>
    let requestPage: AsyncStream<PageRequest>.Continuation
    let houseCalls: AsyncStream<Void>
    let callHouse: AsyncStream<Void>.Continuation

    var timer: Scheduled<Void>?
    var timerDue: Timestamp?
    /// When the loop was last seen running.
    var lastPulse: Timestamp
    /// Until then nothing ends that became due after `hearingSince`: the leader stood still, or its log did.
    var hearingUntil: Timestamp
    var hearingSince: Timestamp
    /// How long writing an entry takes, where that is long.
    var writing = Duration.zero
    /// A timer is set that calls the house.
    var isHouseDue = false
    /// The disk is full: the reserve is spent, submissions are refused.
    var isDiskFull = false
    var lastCommit: Timestamp?
    /// Bytes of submissions whose keys are being looked up.
    var lookupBytes = 0
    /// Bytes of entries written since the house was last called for them.
    var unhousedBytes = 0

    enum Phase: Equatable {
        case starting
        case leading
        /// Takes nothing new; what is in flight is answered.
        case draining
        case stopped(reason: String)
    }

    init(
        partition: Partition, head: LogHead, log: any EventLog, view: View, reserve: (any ReservedSpace)?,
        configuration: NodeConfiguration, clock: LeaderClock, random: any RandomNumberGenerator & Sendable,
        executor: LoopExecutor, logger: Logger
    ) {
        self.partition = partition
        self.head = head
        self.log = log
        self.view = view
        self.reserve = reserve
        self.configuration = configuration
        self.clock = clock
        (lastPulse, hearingUntil, hearingSince) = (clock.now, clock.now, clock.now)
        self.random = random
        self.executor = executor
        self.logger = logger
        (writerCalls, callWriter) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        // One request a lane can be under way, and lanes are bounded.
        (pageRequests, requestPage) = AsyncStream.makeStream()
        (houseCalls, callHouse) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Leads until cancelled or no longer able to.
    ///
    /// - Throws: why the leadership ended.
    func run() async throws {
        let pulse = feelPulse()
        defer { pulse.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.writeEntries() }
            group.addTask { try await self.readPages() }
            group.addTask { try await self.keepHouse() }
            // Without its view a node could write but not read: whoever comes next recovers both from the log.
            group.addTask { [view] in try await view.watch() }
            let end = await group.nextResult()
            // Before the others are waited for: one of them may wait for a batch that nobody writes any more.
            stop(because: end.flatMap(\.failure).map { "\($0)" } ?? "the node has ended")
            group.cancelAll()
            if let failure { throw failure }
            try end?.get()
        }
    }

    /// Takes the leadership: the first entry of a new epoch is the barrier behind which the node serves.
    func lead() async throws(NodeError) {
        expectSessions()
        do {
            _ = try decide(.lead(epoch: head.epoch + 1))
        } catch {
            throw .refused(error)
        }
        phase = .leading
        try await committed()
    }

    func requireLeading() throws(NodeError) {
        switch phase {
        case .leading: return
        case .starting: throw .unavailable(reason: "the node is starting")
        case .draining: throw .unavailable(reason: "the node is going down")
        case .stopped(let reason): throw .unavailable(reason: reason)
        }
    }

    /// Returns once all that was decided before is durable and in the view's hands.
    func committed() async throws(NodeError) {
        if case .stopped(let reason) = phase { throw .unavailable(reason: reason) }
        guard !batch.isEmpty || isWriterAwake else { return }
        let failure = await withCheckedContinuation { (done: CheckedContinuation<NodeError?, Never>) in
            batch.effects.append(.answer { done.resume(returning: $0) })
            wakeWriter()
        }
        if let failure { throw failure }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
