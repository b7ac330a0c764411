import MartletCore

/// One job as the log tells of it, by a state machine of its own that shares no code with the partition: what a fact
/// must be, and what it leads to.
struct JobAccount {
    let spec: Event.Submitted
    let submittedAt: Timestamp
    /// It was submitted no later.
    let submittedBy: Timestamp
    private(set) var state: JobState
    private(set) var due: Timestamp?
    /// Attempts that count.
    private(set) var attempt = 0
    private(set) var failures = 0
    private(set) var losses = 0
    private(set) var lease: Lease?
    private(set) var lastToken: FencingToken?
    private(set) var startedAt: Timestamp?
    private(set) var finishedAt: Timestamp?
    /// Each time at which it was finished.
    private(set) var ends: [Timestamp] = []
    private(set) var result: [UInt8]?
    private(set) var failure: String?
    /// Each attempt's number, and whose it was.
    private(set) var starts: [FencingToken: (attempt: Int, session: SessionID)] = [:]
    /// How each attempt ended, as its worker would have said it; nil while it runs or when nobody said anything.
    private(set) var endings: [FencingToken: Ledger.Ending?] = [:]
    /// The names of the facts, in order.
    private(set) var facts = ["submitted"]
    /// When the last fact was on its way to the log: it was decided no later, and no earlier than its entry's time.
    private var latest: Timestamp
    /// What was wrong with the last fact.
    private var wrong: [String] = []

    init(_ spec: Event.Submitted, at time: Timestamp, by latest: Timestamp) {
        self.spec = spec
        submittedAt = time
        submittedBy = latest
        self.latest = latest
        due = spec.due
        state = spec.due == nil ? .queued : .scheduled
    }

    /// How late things may be once nothing is wrong with log and network.
    static let patience = Duration.seconds(2)

    /// Follows a fact, and says what is wrong with it.
    ///
    /// - Parameters:
    ///   - latest: when it was on its way to the log.
    ///   - quiet: since when everything is on time.
    mutating func follow(
        _ event: Event, at time: Timestamp, by latest: Timestamp, limits: Limits, quiet: Timestamp
    ) -> [String] {
        wrong = []
        self.latest = latest
        switch event {
        case .leaderStarted, .numbered, .submitted: break
        case .queued(_, let from): queue(from, at: time, quiet)
        case .started(let started): start(started, at: time, limits, quiet)
        case .extended(_, let token, let until): extend(token, until, at: time, quiet)
        case .completed(let completed): complete(completed, at: time)
        case .failed(let failed): fail(failed, at: time, quiet)
        case .lost(let lost): lose(lost, at: time, limits, quiet)
        case .released(_, let number, let token): release(token, number, at: time)
        case .cancelled(_, let from): cancel(from, at: time)
        case .redriven: redrive(at: time)
        }
        return wrong.map { "job number \(spec.job.number): \($0)" }
    }

    private mutating func queue(_ from: JobState, at time: Timestamp, _ quiet: Timestamp) {
        if from != state || state != .scheduled && state != .retrying { accuse("it is queued while \(state)") }
        if let due {
            if latest < due { accuse("it is queued before its time") }
            if !isPunctual(time, due, quiet) { accuse("it is queued too late") }
        }
        stand(.queued, "queued", at: time)
    }

    private mutating func start(_ started: Event.Started, at time: Timestamp, _ limits: Limits, _ quiet: Timestamp) {
        if state != .queued { accuse("it is started while \(state)") }
        if started.attempt != attempt + 1 { accuse("attempt \(started.attempt) comes after \(attempt)") }
        let timesOut = spec.timeout.map { time + $0 + limits.timeoutSlack }
        let isTimely = ends(started.lease.timesOut, timesOut, from: time, quiet)
        if !isTimely { accuse("its attempt times out at another time") }
        if let until = started.lease.until { checkLease(until, from: time, quiet) }
        stand(.running, "started", at: time)
        attempt = started.attempt
        lease = started.lease
        lastToken = started.lease.token
        startedAt = time
        starts[started.lease.token] = (started.attempt, started.lease.session)
        endings[started.lease.token] = .some(nil)
    }

    private mutating func extend(_ token: FencingToken, _ until: Timestamp, at time: Timestamp, _ quiet: Timestamp) {
        hold(token, attempt, "extended")
        if lease?.until == nil { accuse("a lease of a session is extended") }
        checkLease(until, from: time, quiet)
        lease?.until = until
        facts.append("extended")
    }

    private mutating func checkLease(_ until: Timestamp, from time: Timestamp, _ quiet: Timestamp) {
        let isRight = ends(until, time + SimLeaser.lease, from: time, quiet)
        if !isRight { accuse("its lease has another length than was asked for") }
    }

    private mutating func complete(_ completed: Event.Completed, at time: Timestamp) {
        hold(completed.token, completed.attempt, "completed")
        endings[completed.token] = .some(.completed(completed.result))
        result = completed.result
        failure = nil
        stand(.succeeded, "completed", at: time)
    }

    private mutating func fail(_ failed: Event.Failed, at time: Timestamp, _ quiet: Timestamp) {
        hold(failed.token, failed.attempt, "failed")
        if failed.failure.code == "timeout" {
            endings[failed.token] = .some(.timedOut)
            let due = lease?.timesOut ?? .distantFuture
            if latest < due { accuse("its attempt times out before its time") }
            if !isPunctual(time, due, quiet) { accuse("its attempt times out too late") }
        } else {
            endings[failed.token] = .some(.failed)
        }
        failures += 1
        if failed.failures != failures { accuse("\(failed.failures) failures are counted, \(failures) are") }
        if failed.due != nil, failures >= spec.retry.attempts { accuse("it is tried more often than it may be") }
        failure = failed.failure.code
        stand(failed.due == nil ? .dead : .retrying, "failed", at: time)
        due = failed.due
    }

    private mutating func lose(_ lost: Event.Lost, at time: Timestamp, _ limits: Limits, _ quiet: Timestamp) {
        hold(lost.token, lost.attempt, "lost")
        if let until = lease?.until {
            if latest < until { accuse("its lease ends early") }
            if !isPunctual(time, until, quiet) { accuse("its lease ends too late") }
        }
        losses += 1
        if lost.losses != losses { accuse("\(lost.losses) losses are counted, \(losses) are") }
        let isOver = losses >= limits.losses
        if lost.isQuarantined != isOver { accuse("after \(losses) losses it is \(isOver ? "not " : "")quarantined") }
        endings[lost.token] = .some(nil)
        failure = lost.isQuarantined ? "quarantined" : "lost"
        stand(lost.isQuarantined ? .dead : .queued, "lost", at: time)
    }

    private mutating func release(_ token: FencingToken, _ number: Int, at time: Timestamp) {
        hold(token, number, "released")
        endings[token] = .some(.released)
        attempt -= 1
        stand(.queued, "released", at: time)
    }

    private mutating func cancel(_ from: JobState, at time: Timestamp) {
        if from != state || state.isFinal { accuse("it is cancelled while \(state)") }
        stand(.cancelled, "cancelled", at: time)
    }

    private mutating func redrive(at time: Timestamp) {
        if state != .dead { accuse("it is redriven while \(state)") }
        (failures, losses) = (0, 0)
        stand(.queued, "redriven", at: time)
    }

    private mutating func hold(_ token: FencingToken, _ number: Int, _ what: String) {
        let holder = lease.map { "\($0.token.value)" } ?? "nobody"
        if lease?.token != token { accuse("it is \(what) by \(token.value), and \(holder) holds it") }
        if number != attempt { accuse("attempt \(number) is \(what), the current one is \(attempt)") }
    }

    private mutating func stand(_ state: JobState, _ fact: String, at time: Timestamp) {
        self.state = state
        facts.append(fact)
        due = nil
        lease = nil
        finishedAt = state.isFinal ? time : nil
        if state.isFinal { ends.append(time) }
    }

    private mutating func accuse(_ words: String) { wrong.append(words) }

    /// Everything is on time once all is well, except what was late by then.
    private func isPunctual(_ time: Timestamp, _ due: Timestamp, _ quiet: Timestamp) -> Bool {
        due <= quiet || time <= due + Self.patience
    }

    /// Whether a length of time ends when it should. It counts from when it was asked for: on a slow disk that is later
    /// than the time of the entry, and may be much later while something is wrong.
    private func ends(_ end: Timestamp?, _ due: Timestamp?, from time: Timestamp, _ quiet: Timestamp) -> Bool {
        guard let end, let due else { return end == due }
        return end >= due && (time <= quiet || end <= due + Self.patience)
    }
}
