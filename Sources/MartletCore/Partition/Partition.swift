/// Decides the fate of every job of one partition.
///
/// `decide` answers a command with the events that it causes, or refuses it; `apply` is the only way that
/// anything changes. Neither reads a clock or does I/O, so that applying the same events rebuilds the same
/// partition on every node (ADR 1).
///
/// Only the head of a backlog is in memory (ADR 2). Who uses a partition reads the pages that it wants and
/// the records that a command names from the view and admits them; where a job is changes nothing about
/// what it is.
public struct Partition: Sendable {
    public let limits: Limits
    public internal(set) var epoch: UInt64 = 0
    var nextNumber: UInt64 = 1
    var nextToken: UInt64 = 1

    var slab = JobSlab()
    var queues = QueueTable()
    var sessions = SessionTable()
    var deadlines = DeadlineHeap()
    var keys: KeyTable
    var clients: ClientTable
    var lookups = Lookups()

    public internal(set) var runningCount = 0
    /// Running attempts that end by themselves some time.
    var deadlineCount = 0
    var runningBytes = 0
    /// Hot jobs of all lanes.
    var waitingCount = 0
    var waitingBytes = 0
    var visitorBytes = 0

    /// An empty partition.
    public init(limits: Limits = Limits()) {
        self.limits = limits
        keys = KeyTable(limits)
        clients = ClientTable(limits)
    }

    /// What the command leads to at `now`, appended to `events`, which are to be applied in their order with
    /// the same time before the next command is decided. Changes nothing by itself.
    ///
    /// - Parameter asked: when the command came, if that was later than `now`, the time of the entry that gathers: lengths
    ///   of time count from it. A tick's is the time by which what is due shall happen; it may be earlier, too.
    /// - Throws: why not; `events` is as it was before then.
    public func decide(
        _ command: Command, at now: Timestamp, asked: Timestamp? = nil, into events: inout [Event]
    ) throws(Refusal) -> Answer {
        let present = max(now, asked ?? now)
        switch command {
        case .lead(let epoch):
            events.append(.leaderStarted(epoch: epoch))
            return .done
        case .submit(let submission):
            return try submit(submission, at: now, asked: present, into: &events)
        case .start(let order):
            return try start(order, at: present, into: &events)
        case .extend(let attempt, let duration):
            return try extend(attempt, by: duration, at: present, into: &events)
        case .complete(let attempt, let result):
            return try complete(attempt, with: result, into: &events)
        case .fail(let attempt, let failing):
            return try fail(attempt, failing, at: present, into: &events)
        case .release(let attempt):
            return try release(attempt, into: &events)
        case .lose(let session, let kept):
            return lose(session, except: kept, into: &events)
        case .cancel(let id):
            return try cancel(id, into: &events)
        case .redrive(let id):
            return try redrive(id, into: &events)
        case .tick(let seed, let limit):
            return tick(seed: seed, limit: limit, by: asked ?? now, at: present, into: &events)
        }
    }

    /// Follows one event, which was decided at `time`.
    ///
    /// The events must be a history that `decide` led to: anything else is a corrupt log, and stops the
    /// process.
    public mutating func apply(_ event: Event, at time: Timestamp) {
        switch event {
        case .leaderStarted(let epoch): self.epoch = epoch
        case .numbered(let numbered): remember(numbered, at: time)
        case .submitted(let submitted): add(submitted, at: time)
        case .queued(let subject, _): requeue(slot(of: subject))
        case .started(let started): run(started)
        case .extended(let subject, _, let until): extend(slot(of: subject), until: until)
        case .completed(let completed): finish(slot(of: completed.job), as: .succeeded)
        case .failed(let failed): fail(slot(of: failed.job), failed)
        case .lost(let lost): lose(slot(of: lost.job), lost)
        case .released(let subject, let attempt, _): release(slot(of: subject), attempt: attempt)
        case .cancelled(let subject, _): finish(slot(of: subject), as: .cancelled)
        case .redriven(let subject): redrive(slot(of: subject))
        }
        keys.expire(at: time)
    }
}
