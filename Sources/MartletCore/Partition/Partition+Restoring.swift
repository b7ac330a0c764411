extension Partition {
    /// The partition as it was when the view's account was taken, with nothing hot but what runs.
    public init(limits: Limits, restoring restored: Restored) {
        self.init(limits: limits)
        epoch = restored.epoch
        nextNumber = max(1, restored.nextNumber)
        nextToken = max(1, restored.nextToken)
        keys.restore(restored.keys, coldCount: restored.coldKeyCount)
        clients.restore(restored.clients)
        var timed = 0
        for (name, counts) in restored.queues where !counts.isZero {
            let place = queues.findOrMake(name)
            queues[place].counts = counts
            queues[place].lane.restore(coldCount: counts.queued)
            timed += counts.timed
        }
        queues[QueueTable.timers].lane.restore(coldCount: timed)
        // Sessions list their jobs in the order of the tokens.
        let running = restored.running.sorted { token(of: $0) < token(of: $1) }
        for job in running {
            guard let lease = job.lease, let queue = queues.find(job.subject.queue) else {
                preconditionFailure("job \(job.subject.id) is restored as running without a lease or a queue")
            }
            hold(slab.insert(JobSlab.Record(job: job, queue: queue)), by: lease)
        }
    }

    private func token(of job: Job) -> FencingToken { job.lease?.token ?? FencingToken(0) }
}
