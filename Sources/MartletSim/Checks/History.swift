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
    /// The entry by which each job was dead for the first time.
    private(set) var deaths: [JobID: Place] = [:]
    /// When each job was redriven, and by whom.
    private(set) var redrives: [JobID: [(time: Timestamp, epoch: UInt64)]] = [:]
    /// The epoch in which each attempt began.
    private var beginnings: [FencingToken: UInt64] = [:]
    private var lastToken: UInt64 = 0
    private var lastNumber: UInt64 = 0
    private var head = LogHead.empty
    private var stamps: Set<SubmissionStamp> = []
    private var keys: [String: (job: JobID, until: Timestamp)] = [:]
    /// Queued jobs of each queue in the order in which they must go.
    private var lanes: [String: SortedKeys] = [:]
    private let limits: Limits
    private let hearing: Hearing
    private let quiet: Duration
    /// The entry that is read, and when it was on its way: what it says was decided between its own time and then.
    private var place = Place(position: 0, epoch: 0, nonce: 0)
    private var latest = Timestamp(microseconds: 0)
    /// Since when everything is on time, by the clock of the entry's leader.
    private var quietTime = Timestamp(microseconds: 0)

    struct Silence {
        let session: SessionID
        let time: Timestamp
        let place: Place
    }

    /// - Parameters:
    ///   - hearing: knows when entries were written.
    ///   - quiet: since when everything is on time.
    init(limits: Limits, hearing: Hearing, quiet: Duration) {
        self.limits = limits
        self.hearing = hearing
        self.quiet = quiet
    }

    /// Whether a leader of that epoch must know of the attempt: one that was replaced before it began does not.
    func isKnown(_ token: FencingToken, in epoch: UInt64?) -> Bool {
        guard let epoch, let beginning = beginnings[token] else { return false }
        return epoch >= beginning
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
        place = Place(header)
        latest = hearing.latest(header)
        quietTime = hearing.time(at: quiet, in: header.epoch)
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
                silences.append(Silence(session: lease.session, time: time, place: place))
            }
            change(lost.job, by: event, at: time)
        case .failed(let failed):
            if let job = jobs[failed.job.id] { failures.append(Retry(failed, job.spec.retry, at: time, by: latest)) }
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
        let flaws = jobs[subject.id]?.follow(event, at: time, by: latest, limits: limits, quiet: quietTime)
        for words in flaws ?? [] { accuse(words) }
        let key = key(of: before.spec)
        if before.state == .queued { lanes[subject.queue]?.remove(key) }
        if jobs[subject.id]?.state == .queued { lanes[subject.queue, default: SortedKeys()].insert(key) }
        if case .redriven = event { redrives[subject.id, default: []].append((time, place.epoch)) }
        if jobs[subject.id]?.state == .dead, deaths[subject.id] == nil { deaths[subject.id] = place }
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
            if let known = keys[key], known.until > time {
                accuse("key \(key) became \(known.job) and, \(known.until - time) too early, \(job.id), in \(place)")
            }
            keys[key] = (job.id, time + limits.idempotencyWindow)
        }
        jobs[job.id] = JobAccount(submitted, at: time, by: latest)
        if submitted.due == nil { lanes[job.queue, default: SortedKeys()].insert(key(of: submitted)) }
    }

    private mutating func start(_ started: Event.Started) {
        let token = started.lease.token.value
        if token <= lastToken { accuse("token \(token) comes after \(lastToken)") }
        lastToken = max(lastToken, token)
        beginnings[started.lease.token] = place.epoch
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
