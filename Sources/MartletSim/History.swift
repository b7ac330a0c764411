import MartletCore
import MartletLog
import MartletNode

/// Reads the whole log with a state machine of its own, as plain as it can be, and says what in it cannot be right.
struct History {
    struct Entry {
        var spec: Event.Submitted
        var state: JobState
        var token: FencingToken?
        var attempts: [FencingToken: Ledger.Kind?] = [:]
    }

    private(set) var jobs: [JobID: Entry] = [:]
    private(set) var wrong: [String] = []
    private(set) var numbers: [UInt64: JobID] = [:]
    private var lastToken: UInt64 = 0
    private var lastNumber: UInt64 = 0
    private var epochs: Set<UInt64> = []
    private var keys: [String: (job: JobID, until: Timestamp)] = [:]
    /// Queued jobs of each queue in the order in which they must go.
    private var lanes: [String: SortedKeys] = [:]
    private let window: Duration

    init(window: Duration) { self.window = window }

    mutating func read(_ entry: MartletLog.Entry) throws {
        let time = Timestamp(microseconds: entry.header.time)
        for event in try EntryCodec.decode(entry.body) { apply(event, at: time, in: entry.header) }
    }

    private mutating func apply(_ event: Event, at time: Timestamp, in header: EntryHeader) {
        switch event {
        case .leaderStarted(let epoch):
            // A probe of health repeats the epoch of its own leadership.
            if epoch != header.epoch { accuse("epoch \(epoch) is begun in an entry of \(header.epoch)") }
            epochs.insert(epoch)
        case .numbered: break
        case .submitted(let submitted): submit(submitted, at: time)
        case .queued(let job, let from):
            move(job, [from], .queued, "queued")
            if from == .running { accuse("\(job.number) is queued out of \(from)") }
        case .started(let started): start(started)
        case .extended(let job, let token, _): hold(job, token, "extended")
        case .completed(let completed):
            hold(completed.job, completed.token, "completed")
            settle(completed.job, completed.token, .completed(completed.result), .succeeded)
        case .failed(let failed):
            hold(failed.job, failed.token, "failed")
            settle(
                failed.job, failed.token, failed.failure.code == "timeout" ? .timedOut : .failed,
                failed.due == nil ? .dead : .retrying)
        case .lost(let lost):
            hold(lost.job, lost.token, "lost")
            settle(lost.job, lost.token, nil, lost.isQuarantined ? .dead : .queued)
        case .released(let job, _, let token):
            hold(job, token, "released")
            settle(job, token, .released, .queued)
        case .cancelled(let job, let from): move(job, [from], .cancelled, "cancelled")
        case .redriven(let job): move(job, [.dead], .queued, "redriven")
        }
    }

    private mutating func submit(_ submitted: Event.Submitted, at time: Timestamp) {
        let job = submitted.job
        if jobs[job.id] != nil { accuse("job \(job.id) is submitted twice") }
        if job.number <= lastNumber { accuse("number \(job.number) comes after \(lastNumber)") }
        lastNumber = job.number
        if let number = Ledger.number(in: submitted.payload) {
            if let other = numbers[number] { accuse("submission \(number) became \(other) and \(job.id)") }
            numbers[number] = job.id
        }
        if let key = submitted.idempotency?.key {
            if let known = keys[key], known.until > time { accuse("key \(key) became \(known.job) and \(job.id)") }
            keys[key] = (job.id, time + window)
        }
        jobs[job.id] = Entry(spec: submitted, state: submitted.due == nil ? .queued : .scheduled)
        let key = key(of: submitted)
        if submitted.due == nil { lanes[job.queue, default: SortedKeys()].insert(key) }
    }

    private mutating func start(_ started: Event.Started) {
        let token = started.lease.token
        if token.value <= lastToken { accuse("token \(token.value) comes after \(lastToken)") }
        lastToken = max(lastToken, token.value)
        guard let job = jobs[started.job.id] else { return accuse("an unknown job is started") }
        let first = lanes[started.job.queue]?.first
        if first != key(of: job.spec) {
            accuse("job number \(started.job.number) is started before \(first.map { "\($0)" } ?? "nothing")")
        }
        move(started.job, [.queued], .running, "started")
        jobs[started.job.id]?.token = token
        jobs[started.job.id]?.attempts[token] = .some(nil)
    }

    private mutating func hold(_ job: Subject, _ token: FencingToken, _ what: String) {
        guard let known = jobs[job.id], known.state == .running, known.token == token else {
            return accuse("job number \(job.number) is \(what) by \(token.value), which does not hold it")
        }
    }

    private mutating func settle(_ job: Subject, _ token: FencingToken, _ kind: Ledger.Kind?, _ state: JobState) {
        jobs[job.id]?.attempts[token] = .some(kind)
        move(job, [.running], state, "\(state)")
    }

    private mutating func move(_ job: Subject, _ from: Set<JobState>, _ to: JobState, _ what: String) {
        guard let known = jobs[job.id] else { return accuse("an unknown job is \(what)") }
        if !from.contains(known.state) { accuse("job number \(job.number) is \(what) while \(known.state)") }
        let key = key(of: known.spec)
        if known.state == .queued { lanes[job.queue]?.remove(key) }
        if to == .queued { lanes[job.queue, default: SortedKeys()].insert(key) }
        jobs[job.id]?.state = to
        if to != .running { jobs[job.id]?.token = nil }
    }

    private func key(of submitted: Event.Submitted) -> LaneKey {
        LaneKey(rank: 9 - UInt64(submitted.priority), number: submitted.job.number)
    }

    private mutating func accuse(_ words: String) {
        if wrong.count < 20 { wrong.append(words) }
    }
}

/// Keys in order, by binary search.
struct SortedKeys {
    private var keys: [LaneKey] = []

    var first: LaneKey? { keys.first }

    mutating func insert(_ key: LaneKey) { keys.insert(key, at: place(of: key)) }

    mutating func remove(_ key: LaneKey) {
        let place = place(of: key)
        if place < keys.count, keys[place] == key { keys.remove(at: place) }
    }

    private func place(of key: LaneKey) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
