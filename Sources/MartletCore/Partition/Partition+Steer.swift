/// What people say: cancel, redrive; and what time says.
extension Partition {
    func cancel(_ id: JobID, into events: inout [Event]) throws(Refusal) -> Answer {
        guard let slot = slab.slot(of: id) else { throw .unknownJob(id) }
        let state = slab[slot].job.state
        guard !state.isFinal else { throw .wrongState(id, state) }
        events.append(.cancelled(slab[slot].job.subject, from: state))
        return .done
    }

    func redrive(_ id: JobID, into events: inout [Event]) throws(Refusal) -> Answer {
        guard let slot = slab.slot(of: id) else { throw .unknownJob(id) }
        let job = slab[slot].job
        guard job.state == .dead else { throw .wrongState(id, job.state) }
        guard queues.find(job.subject.queue) != nil || queues.count < limits.queues else {
            throw .exhausted(what: "queues", limit: limits.queues)
        }
        events.append(.redriven(job.subject))
        return .done
    }

    /// Whatever is due by then, at most `limit` things: first timers and then attempts, the earliest of each first; a lease's end
    /// comes before its attempt's timeout.
    ///
    /// All is decided before any of it is applied, and an attempt that failed comes back among the timers: it may push
    /// the last of them out of memory, and those must not be in need of being queued any more.
    func tick(
        seed: UInt64, limit: Int, by due: Timestamp, at now: Timestamp, into events: inout [Event]
    ) -> Answer {
        guard limit > 0 else { return .done }
        let last = events.count + limit
        for entry in queues[QueueTable.timers].lane.hot {
            let timerDue = Timestamp(microseconds: Int64(clamping: entry.key.rank))
            guard timerDue <= due, events.count < last else { break }
            let job = slab[entry.slot].job
            events.append(.queued(job.subject, from: job.state))
        }
        for (index, attempt) in endedAttempts(at: due).prefix(last - events.count).enumerated() {
            let draw = SplitMix64.mix(seed &+ UInt64(truncatingIfNeeded: index))
            events.append(end(of: attempt, seed: draw, at: now))
        }
        return .done
    }

    private func end(of attempt: DeadlineHeap.Entry, seed: UInt64, at now: Timestamp) -> Event {
        if let until = slab[attempt.slot].job.lease?.until, until <= attempt.time {
            return .lost(loss(of: attempt.slot, attempt.token))
        }
        return .failed(
            failure(
                of: attempt.slot, attempt.token, .timeout, isFinal: false, retryAfter: nil, seed: seed, at: now))
    }

    /// The attempts whose lease or time is over, the earliest first, each once.
    private func endedAttempts(at now: Timestamp) -> [DeadlineHeap.Entry] {
        guard let next = deadlines.next, next <= now else { return [] }
        var ended: [DeadlineHeap.Entry] = []
        for entry in deadlines.due(by: now) where isLiving(entry) && entry != ended.last { ended.append(entry) }
        return ended
    }

    /// Whether the entry is about a current attempt and its present deadline.
    func isLiving(_ entry: DeadlineHeap.Entry) -> Bool {
        guard let lease = slab[entry.slot].job.lease, lease.token == entry.token else { return false }
        return lease.deadline == entry.time
    }
}

extension Lease {
    /// When the attempt ends by itself: its lease or its time, whichever is over first.
    var deadline: Timestamp? {
        guard let until, let timesOut else { return until ?? timesOut }
        return min(until, timesOut)
    }
}
