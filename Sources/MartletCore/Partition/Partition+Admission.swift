/// How what is cold comes into memory by name, for a command that names it.
extension Partition {
    public enum Admission: Equatable, Sendable {
        case admitted
        case alreadyHot
        /// The record is older than what the partition knows: read it again.
        case departed
    }

    /// The idempotency keys of a submission that are not in memory but may be in the view: read them and
    /// admit those that are found before the submission is decided. Each key once.
    public func coldKeys(in submission: Command.Submission) -> [String] {
        guard keys.coldCount > 0 else { return [] }
        var found: [String] = []
        var seen: Set<String> = []
        for spec in submission.jobs {
            guard let key = spec.idempotencyKey, !keys.holds(key), seen.insert(key).inserted else { continue }
            found.append(key)
        }
        return found
    }

    /// Takes in keys that were cold. A key that stands for a later job by now keeps standing for that.
    public mutating func admit(keys found: [RememberedKey]) { keys.admit(found) }

    /// A read of the view begins, for the cold keys of a submission. What the read sees must not be older than this.
    ///
    /// Until it ends none of the submission's keys leaves memory: one that the read did not find may have come since,
    /// and one that was in memory is not looked for.
    public mutating func beginRead(for submission: Command.Submission) { keys.watch(submission.keys) }

    /// The read is over: what it found was admitted, and the submission was decided or given up.
    public mutating func endRead(for submission: Command.Submission) { keys.unwatch(submission.keys) }

    /// A read of the view begins, for a job that a command names. What the read sees must not be older than this.
    public mutating func beginRead(of id: JobID) { lookups.begin(id) }

    /// The read is over and what it found was admitted.
    public mutating func endRead(of id: JobID) { lookups.end(id) }

    /// Takes in one cold job, between the begin and the end of a read, to decide a command that names it.
    ///
    /// A waiting job stands in its lane like any hot one, but is not handed out before what is cold and
    /// ahead of it.
    public mutating func admit(_ job: Job) -> Admission {
        guard !slab.contains(job.subject.id) else { return .alreadyHot }
        guard !lookups.outdate(job) else { return .departed }
        switch job.state {
        case .dead: return admitDead(job)
        case .scheduled, .queued, .retrying: return admitWaiting(job)
        case .running, .succeeded, .cancelled: return .departed
        }
    }

    private mutating func admitWaiting(_ record: Job) -> Admission {
        var job = record
        job.lease = nil
        if job.state == .queued { job.due = nil }
        // A record that is nowhere behind a boundary cannot be of a cold job, so it is out of date.
        guard let key = LaneKey(of: job), let queue = queues.find(job.subject.queue) else { return .departed }
        let lane = job.state == .queued ? queue : QueueTable.timers
        guard let boundary = queues[lane].lane.coldFrom, key >= boundary else { return .departed }
        // Others make room for it: it would be the first to turn cold again. What a crowd has too much the next one ends.
        spillOverflow(of: lane, adding: job.payload.count)
        queues[lane].lane.thaw(key)
        place(slab.insert(JobSlab.Record(job: job, queue: queue)), in: lane)
        return .admitted
    }

    private mutating func admitDead(_ record: Job) -> Admission {
        var job = record
        job.lease = nil
        job.due = nil
        _ = slab.insert(JobSlab.Record(job: job, queue: QueueTable.none))
        visitorBytes += job.payload.count
        return .admitted
    }

    /// The command that a job was brought in for is decided: if it is dead still, it leaves again. Its record may be
    /// retired from then on, and memory must not know a job longer than the view does.
    public mutating func dismiss(_ id: JobID) {
        guard let slot = slab.slot(of: id), slab[slot].job.state == .dead else { return }
        visitorBytes -= slab[slot].job.payload.count
        leaveMemory(slot)
    }
}

extension Command.Submission {
    /// One that is there twice is named twice.
    fileprivate var keys: [String] { jobs.compactMap(\.idempotencyKey) }
}
