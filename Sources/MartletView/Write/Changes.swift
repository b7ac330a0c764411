internal import MartletCore

/// All that events changed since the last write, merged: a job that came and went meanwhile is one change.
struct Changes {
    struct Key {
        var number: UInt64
        var remembered: RememberedKey
    }

    private var jobs: [JobChange] = []
    private var places: [UInt64: Int] = [:]
    /// The events of each merged entry: a new job's change refers to the event that tells what it is.
    private var entries: [[Event]] = []
    private(set) var keys: [Key] = []
    /// Entries and events merged, as the inbox counts them.
    private(set) var count = 0
    private(set) var position: ViewPosition
    private(set) var nextNumber: UInt64
    private(set) var nextToken: UInt64
    var queues = Tallies()
    var kinds = Tallies()
    var clients: ClientBook
    private let window: Duration

    init(at position: ViewPosition, nextNumber: UInt64, nextToken: UInt64, limits: Limits) {
        self.position = position
        self.nextNumber = nextNumber
        self.nextToken = nextToken
        clients = ClientBook(limits)
        window = limits.idempotencyWindow
    }

    mutating func merge(_ batch: Inbox.Batch) {
        position = batch.position
        count += batch.changes
        entries.append(batch.events)
        for index in batch.events.indices {
            merge(batch.events[index], JobChange.Source(entry: entries.count - 1, event: index))
        }
    }

    /// Everything is in the file now.
    mutating func settle() {
        jobs.removeAll(keepingCapacity: jobs.count <= 2 * Inbox.full)
        places.removeAll(keepingCapacity: jobs.capacity > 0)
        entries = []
        keys = []
        count = 0
        queues.settle()
        kinds.settle()
        clients.settle()
    }

    /// Gives up the memory that is kept for the next changes. There are none now.
    mutating func shrink() {
        jobs = []
        places = [:]
    }

    /// Calls `body` with each changed job, by number: rows are written in the order in which they stand.
    ///
    /// - Parameter body: also takes what the job is, when it is new.
    func forEachJob(_ body: (JobChange, Event.Submitted?) throws -> Void) rethrows {
        let order = order()
        // Lent, not copied one by one: a change is large and full of references.
        try jobs.withUnsafeBufferPointer { jobs in
            for place in order { try body(jobs[place], submitted(jobs[place].birth)) }
        }
    }

    private func submitted(_ birth: JobChange.Birth?) -> Event.Submitted? {
        guard let source = birth?.source, case .submitted(let event) = entries[source.entry][source.event] else {
            return nil
        }
        return event
    }

    private func order() -> [Int] {
        let order = Array(jobs.indices)
        let isSorted = zip(jobs, jobs.dropFirst()).allSatisfy { $0.number < $1.number }
        return isSorted ? order : order.sorted { jobs[$0].number < jobs[$1].number }
    }

    private mutating func merge(_ event: Event, _ source: JobChange.Source) {
        let position = position
        switch event {
        case .leaderStarted: break
        case .numbered(let numbered): clients.remember(numbered, at: position.time)
        case .submitted(let submitted): submit(submitted, source)
        case .queued(let job, let from):
            move(job, from, .queued)
            jobs[place(of: job)].requeue(position)
        case .started(let started):
            nextToken = max(nextToken, started.lease.token.value + 1)
            move(started.job, .queued, .running)
            jobs[place(of: started.job)].start(started, position)
        case .extended(let job, _, let until):
            jobs[place(of: job)].extend(until: until, position)
        case .completed(let completed):
            move(completed.job, .running, .succeeded)
            jobs[place(of: completed.job)].complete(completed, position)
        case .failed(let failed):
            move(failed.job, .running, failed.due == nil ? .dead : .retrying)
            jobs[place(of: failed.job)].fail(failed, position)
        case .lost(let lost):
            move(lost.job, .running, lost.isQuarantined ? .dead : .queued)
            jobs[place(of: lost.job)].lose(lost, position)
        case .released(let job, let attempt, let token):
            move(job, .running, .queued)
            jobs[place(of: job)].release(attempt: attempt, token, position)
        case .cancelled(let job, let from):
            move(job, from, .cancelled)
            jobs[place(of: job)].cancel(position)
        case .redriven(let job):
            move(job, .dead, .queued)
            jobs[place(of: job)].redrive(position)
        }
    }

    private mutating func submit(_ submitted: Event.Submitted, _ source: JobChange.Source) {
        let state: JobState = submitted.due == nil ? .queued : .scheduled
        let queue = queues.add(1, at: Int(state.rawValue), of: submitted.job.queue)
        let kind = kinds.add(1, at: 0, of: submitted.kind)
        nextNumber = max(nextNumber, submitted.job.number + 1)
        if let idempotency = submitted.idempotency {
            let expires = position.time + window
            let key = RememberedKey(idempotency: idempotency, job: submitted.job.id, expires: expires)
            keys.append(Key(number: submitted.job.number, remembered: key))
        }
        let birth = JobChange.Birth(source: source, time: position.time, queue: queue, kind: kind)
        jobs[place(of: submitted.job)].submit(birth, due: submitted.due, position)
    }

    private mutating func move(_ job: Subject, _ from: JobState, _ to: JobState) {
        queues.add(-1, at: Int(from.rawValue), of: job.queue)
        queues.add(1, at: Int(to.rawValue), of: job.queue)
    }

    private mutating func place(of job: Subject) -> Int {
        if let place = places[job.number] { return place }
        places[job.number] = jobs.count
        jobs.append(JobChange(number: job.number))
        return jobs.count - 1
    }
}
