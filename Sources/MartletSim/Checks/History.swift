import MartletCore
import MartletLog
import MartletNode

/// Reads the whole log, as plainly as it can be done, and says what in it cannot be right: its chain, its epochs, and
/// what holds among jobs. What holds for one job is its `JobAccount`'s business.
struct History {
    private(set) var jobs: [JobID: JobAccount] = [:]
    private(set) var wrong: [String] = []
    /// What became of each numbered payload.
    private(set) var numbers: [UInt64: JobID] = [:]
    /// Losses of attempts that their session's silence ended: for the ledger to confirm.
    private(set) var silences: [Silence] = []
    /// Attempts that failed, for the ledger to confirm.
    private(set) var failures: [Retry] = []
    private var lastToken: UInt64 = 0
    private var lastNumber: UInt64 = 0
    private var head = LogHead.empty
    private var stamps: Set<SubmissionStamp> = []
    private var keys: [String: (job: JobID, until: Timestamp)] = [:]
    /// Queued jobs of each queue in the order in which they must go.
    private var lanes: [String: SortedKeys] = [:]
    private let limits: Limits
    private let calm: Timestamp

    struct Silence {
        let session: SessionID
        let time: Timestamp
        let position: UInt64
        let epoch: UInt64
    }

    /// - Parameter calm: since when nothing has gone wrong any more.
    init(limits: Limits, calm: Timestamp) {
        self.limits = limits
        self.calm = calm
    }

    mutating func read(_ entry: Entry) throws {
        let header = entry.header
        if header.position != head.position + 1 { accuse("position \(header.position) comes after \(head.position)") }
        if header.previous != head.hash { accuse("position \(header.position) follows another entry") }
        if header.epoch < head.epoch { accuse("epoch \(header.epoch) comes after \(head.epoch)") }
        if header.time < head.time { accuse("the time falls at position \(header.position)") }
        let events = try EntryCodec.decode(entry.body)
        if header.epoch > head.epoch, events.first != .leaderStarted(epoch: header.epoch) {
            accuse("epoch \(header.epoch) has no beginning")
        }
        let time = Timestamp(microseconds: header.time)
        for (index, event) in events.enumerated() {
            if case .numbered(let numbered) = event { number(numbered, events.dropFirst(index + 1)) }
            follow(event, at: time, in: header)
        }
        head = LogHead(
            position: header.position, hash: entry.hash, epoch: header.epoch, time: header.time)
    }

    private mutating func follow(_ event: Event, at time: Timestamp, in header: EntryHeader) {
        switch event {
        case .leaderStarted(let epoch):
            // A probe of health repeats the epoch of its own leadership.
            if epoch != header.epoch { accuse("epoch \(epoch) is begun in an entry of \(header.epoch)") }
        case .numbered: break
        case .submitted(let submitted): submit(submitted, at: time)
        case .started(let started):
            start(started)
            change(started.job, by: event, at: time)
        case .lost(let lost):
            if let lease = jobs[lost.job.id]?.lease, lease.until == nil {
                silences.append(
                    Silence(
                        session: lease.session, time: time, position: header.position, epoch: header.epoch))
            }
            change(lost.job, by: event, at: time)
        case .failed(let failed):
            if let job = jobs[failed.job.id] { failures.append(Retry(failed, job.spec.retry, at: time)) }
            change(failed.job, by: event, at: time)
        case .completed(let completed): change(completed.job, by: event, at: time)
        case .queued(let job, _), .extended(let job, _, _), .released(let job, _, _), .cancelled(let job, _),
            .redriven(let job):
            change(job, by: event, at: time)
        }
    }

    private mutating func change(_ subject: Subject, by event: Event, at time: Timestamp) {
        guard let before = jobs[subject.id] else { return accuse("an unknown job is named: \(subject.id)") }
        if before.spec.job != subject { accuse("job number \(subject.number) is named differently") }
        for words in jobs[subject.id]?.follow(event, at: time, limits: limits, calm: calm) ?? [] { accuse(words) }
        let key = key(of: before.spec)
        if before.state == .queued { lanes[subject.queue]?.remove(key) }
        if jobs[subject.id]?.state == .queued { lanes[subject.queue, default: SortedKeys()].insert(key) }
    }

    private mutating func number(_ numbered: Event.Numbered, _ following: ArraySlice<Event>) {
        if !stamps.insert(numbered.stamp).inserted { accuse("submission \(numbered.stamp.sequence) is there twice") }
        let jobs = following.prefix { if case .submitted = $0 { true } else { false } }
        if jobs.count < numbered.count { accuse("a submission says \(numbered.count) jobs and has \(jobs.count)") }
    }

    private mutating func submit(_ submitted: Event.Submitted, at time: Timestamp) {
        let job = submitted.job
        if jobs[job.id] != nil { accuse("job \(job.id) is submitted twice") }
        if job.number <= lastNumber { accuse("number \(job.number) comes after \(lastNumber)") }
        lastNumber = max(lastNumber, job.number)
        if let number = Ledger.number(in: submitted.payload) {
            if let other = numbers[number] { accuse("submission \(number) became \(other) and \(job.id)") }
            numbers[number] = job.id
        }
        if let key = submitted.idempotency?.key {
            if let known = keys[key], known.until > time { accuse("key \(key) became \(known.job) and \(job.id)") }
            keys[key] = (job.id, time + limits.idempotencyWindow)
        }
        jobs[job.id] = JobAccount(submitted, at: time)
        if submitted.due == nil { lanes[job.queue, default: SortedKeys()].insert(key(of: submitted)) }
    }

    private mutating func start(_ started: Event.Started) {
        let token = started.lease.token.value
        if token <= lastToken { accuse("token \(token) comes after \(lastToken)") }
        lastToken = max(lastToken, token)
        guard let job = jobs[started.job.id] else { return }
        let first = lanes[started.job.queue]?.first
        if first != key(of: job.spec) {
            accuse(
                "job number \(started.job.number) is started before \(first.map { "number \($0.number)" } ?? "nothing")"
            )
        }
    }

    private func key(of submitted: Event.Submitted) -> LaneKey {
        LaneKey(rank: 9 - UInt64(submitted.priority), number: submitted.job.number)
    }

    private mutating func accuse(_ words: String) {
        if wrong.count < 20 { wrong.append(words) }
    }
}
