/// How each event changes the partition.
extension Partition {
    mutating func remember(_ numbered: Event.Numbered, at time: Timestamp) {
        let submission = RememberedSubmission(
            sequence: numbered.stamp.sequence, time: time, seed: numbered.seed, count: numbered.count)
        clients.remember(submission, of: numbered.stamp.client, at: time)
    }

    mutating func add(_ submitted: Event.Submitted, at time: Timestamp) {
        let subject = submitted.job
        nextNumber = max(nextNumber, subject.number + 1)
        if let idempotency = submitted.idempotency {
            let expires = time + limits.idempotencyWindow
            keys.add(RememberedKey(idempotency: idempotency, job: subject.id, expires: expires))
            keys.evict()
        }
        let job = Job(
            subject: subject, kind: submitted.kind, payload: submitted.payload, priority: submitted.priority,
            timeout: submitted.timeout, retry: submitted.retry, traceparent: submitted.traceparent,
            submittedAt: time, state: submitted.due == nil ? .queued : .scheduled, due: submitted.due)
        let queue = queues.findOrMake(subject.queue)
        queues[queue].counts.add(1, in: job.state)
        let lane = job.state == .queued ? queue : QueueTable.timers
        guard !turnsCold(key(of: job), in: lane) else { return }
        insert(slab.insert(JobSlab.Record(job: job, queue: queue)), into: lane)
    }

    /// A timer's time came.
    mutating func requeue(_ slot: Int) {
        leaveLane(slot)
        change(slot, to: .queued)
        slab[slot].job.due = nil
        wait(slot)
    }

    mutating func run(_ started: Event.Started) {
        let slot = slot(of: started.job)
        leaveLane(slot)
        change(slot, to: .running)
        slab[slot].job.attempt = started.attempt
        nextToken = max(nextToken, started.lease.token.value + 1)
        hold(slot, by: started.lease)
    }

    mutating func extend(_ slot: Int, until: Timestamp) {
        let before = slab[slot].job.lease?.deadline
        slab[slot].job.lease?.until = until
        let lease = expected(slab[slot].job.lease, "job \(slab[slot].job.subject.id) is extended but not running")
        guard let deadline = lease.deadline, deadline != before else { return }
        if before == nil { deadlineCount += 1 }
        deadlines.add(DeadlineHeap.Entry(time: deadline, token: lease.token, slot: slot))
        pruneDeadlines()
    }

    mutating func fail(_ slot: Int, _ failed: Event.Failed) {
        slab[slot].job.failures = failed.failures
        guard let due = failed.due else { return finish(slot, as: .dead) }
        letGo(slot)
        change(slot, to: .retrying)
        slab[slot].job.due = due
        wait(slot)
    }

    mutating func lose(_ slot: Int, _ lost: Event.Lost) {
        slab[slot].job.losses = lost.losses
        guard !lost.isQuarantined else { return finish(slot, as: .dead) }
        letGo(slot)
        change(slot, to: .queued)
        wait(slot)
    }

    mutating func release(_ slot: Int, attempt: Int) {
        letGo(slot)
        change(slot, to: .queued)
        slab[slot].job.attempt = attempt - 1
        wait(slot)
    }

    mutating func redrive(_ slot: Int) {
        let queue = queues.findOrMake(slab[slot].job.subject.queue)
        slab[slot].queue = queue
        visitorBytes -= slab[slot].job.payload.count
        slab[slot].job.failures = 0
        slab[slot].job.losses = 0
        change(slot, to: .queued)
        wait(slot)
    }

    /// The job's end: it leaves memory.
    mutating func finish(_ slot: Int, as state: JobState) {
        if slab[slot].job.state == .running { letGo(slot) } else { leaveLane(slot) }
        change(slot, to: state)
        slab[slot].job.due = nil
        let queue = slab[slot].queue
        leaveMemory(slot)
        queues.dropIfEmpty(queue)
    }

    private mutating func change(_ slot: Int, to state: JobState) {
        let queue = slab[slot].queue
        queues[queue].counts.add(-1, in: slab[slot].job.state)
        queues[queue].counts.add(1, in: state)
        slab[slot].job.state = state
    }

    /// The job runs under the lease.
    mutating func hold(_ slot: Int, by lease: Lease) {
        slab[slot].job.lease = lease
        runningCount += 1
        runningBytes += slab[slot].job.payload.count
        sessions.add(slot, to: lease.session, in: &slab)
        guard let deadline = lease.deadline else { return }
        deadlineCount += 1
        deadlines.add(DeadlineHeap.Entry(time: deadline, token: lease.token, slot: slot))
    }

    /// The lease is void.
    private mutating func letGo(_ slot: Int) {
        let lease = expected(slab[slot].job.lease, "job \(slab[slot].job.subject.id) is not running")
        runningCount -= 1
        runningBytes -= slab[slot].job.payload.count
        sessions.remove(slot, in: &slab)
        slab[slot].job.lease = nil
        guard lease.deadline != nil else { return }
        deadlineCount -= 1
        pruneDeadlines()
    }

    private mutating func pruneDeadlines() {
        let slab = slab
        deadlines.prune(living: deadlineCount) { entry in
            guard let lease = slab[entry.slot].job.lease, lease.token == entry.token else { return false }
            return lease.deadline == entry.time
        }
    }
}
