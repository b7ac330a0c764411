internal import MartletWire
internal import NIOCore

/// One worker's session: which attempts it holds, what it has to report, and what to send next. Decides; does nothing
/// itself.
///
/// An attempt is held from its arrival until the server has settled its outcome. Over a lost connection the session
/// goes on: outcomes that were not settled are reported again, and the fencing token keeps them from counting twice.
///
/// `Run` is what the shell needs to cancel a handler.
struct SessionState<Run: Sendable>: Sendable {
    struct Key: Hashable, Sendable {
        var jobID: String
        var token: UInt64

        // The token alone tells nearly all apart, and costs less.
        func hash(into hasher: inout Hasher) { hasher.combine(token) }
    }

    struct Running: Sendable {
        var run: Run?
        var deadline: NIODeadline?
    }

    enum Next: Equatable, Sendable {
        case send(Martlet_V1_WorkerMessage)
        case wait
        /// Nothing is left to say on this stream.
        case close
    }

    enum Phase: Sendable { case working, draining, closing }

    /// Of one report; leaves room below the server's limit for a message.
    static var outcomesPerReport: Int { 10_000 }
    static var bytesPerReport: Int { 4 << 20 }

    /// Empty before the first connection.
    private(set) var id = ""
    var phase = Phase.working
    var running: [Key: Running] = [:]
    var pending: [Martlet_V1_Outcome] = []
    var reports: [(number: UInt64, outcomes: [Martlet_V1_Outcome])] = []
    /// Among how many outcomes, the next to be reported, one is looked for that the server cannot read, and how many of
    /// them go into a report meanwhile.
    var search: (left: Int, perReport: Int)?
    private var lastNumber: UInt64 = 0
    /// The server has answered on this stream.
    private(set) var isOpen = false
    private(set) var isLeaving = false
    private var hasSentDrain = false
    private var isHeartbeatDue = false
    /// Something was sent since the last look.
    private(set) var hasSpoken = false

    /// Outcomes that the server has not settled.
    var unsettled: Int { pending.count + reports.reduce(0) { $0 + $1.outcomes.count } }
}

// The connection.
extension SessionState {
    /// The first message of a new stream.
    mutating func open(name: String, queues: [String], concurrency: Int) -> Martlet_V1_Open {
        pending = reports.flatMap(\.outcomes) + pending
        reports = []
        lastNumber = 0
        (isOpen, isLeaving, hasSentDrain, isHeartbeatDue) = (false, false, false, false)
        var open = Martlet_V1_Open()
        open.sessionID = id
        open.name = name
        open.queues = queues
        open.concurrency = UInt32(clamping: concurrency)
        if !id.isEmpty { open.held = running.keys.map(Martlet_V1_Held.init) + pending.map(Martlet_V1_Held.init) }
        return open
    }

    /// True if the session of before goes on, or there was none.
    mutating func opened(_ sessionID: String) -> Bool {
        defer { id = sessionID }
        isOpen = true
        return id.isEmpty || id == sessionID
    }

    /// The server is going: report what there is, then close.
    mutating func leave() {
        isLeaving = true
    }

    mutating func next() -> Next {
        // Before the server has answered it does not know which session speaks.
        guard isOpen else { return .wait }
        var message = Martlet_V1_WorkerMessage()
        if phase != .working, !hasSentDrain {
            hasSentDrain = true
            message.drain = Martlet_V1_Drain()
        } else if !pending.isEmpty, reports.isEmpty || search == nil {
            message.report = report()
        } else if reports.isEmpty, isLeaving || phase == .closing {
            return .close
        } else if isHeartbeatDue {
            message.heartbeat = Martlet_V1_Heartbeat()
        } else {
            return .wait
        }
        isHeartbeatDue = false
        hasSpoken = true
        return .send(message)
    }

    /// Called four times per heartbeat interval. True if a heartbeat is due: nothing was sent for three of them.
    mutating func tick(_ silence: inout Int) -> Bool {
        silence = hasSpoken ? 0 : silence + 1
        hasSpoken = false
        if isOpen, silence >= 3 { isHeartbeatDue = true }
        return isHeartbeatDue
    }

    private mutating func report() -> Martlet_V1_Report {
        var (count, bytes) = (0, 0)
        let most = search?.perReport ?? Self.outcomesPerReport
        for outcome in pending {
            bytes += 96 + outcome.sizeOfContent
            guard count == 0 || (count < most && bytes <= Self.bytesPerReport) else { break }
            count += 1
        }
        lastNumber += 1
        var report = Martlet_V1_Report()
        report.number = lastNumber
        report.outcomes = Array(pending.prefix(count))
        pending.removeFirst(count)
        reports.append((lastNumber, report.outcomes))
        return report
    }
}
