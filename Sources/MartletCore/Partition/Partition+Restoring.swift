extension Partition {
    /// The partition as it was when the view's account was taken, with nothing hot but what runs.
    public init(limits: Limits, restoring restored: Restored) {
        self.init(limits: limits)
        epoch = restored.epoch
        nextNumber = max(1, restored.nextNumber)
        nextToken = max(1, restored.nextToken)
        keys.restore(restored.keys, coldCount: restored.coldKeyCount, until: restored.coldKeysUntil)
        clients.restore(restored.clients)
        var timed = 0
        for (name, counts) in restored.queues where !counts.isZero {
            let place = queues.findOrMake(name)
            queues[place].counts = counts
            queues[place].lane.restore(coldCount: counts.queued)
            timed += counts.timed
        }
        queues[QueueTable.timers].lane.restore(coldCount: timed)
        let running = restored.running.map { job in
            (job, expected(job.lease, "job \(job.subject.id) is restored as running without a lease"))
        }
        // Sessions list their jobs in the order of the tokens.
        for (job, lease) in running.sorted(by: { $0.1.token < $1.1.token }) {
            let queue = expected(queues.find(job.subject.queue), "job \(job.subject.id) is restored without its queue")
            hold(slab.insert(JobSlab.Record(job: job, queue: queue)), by: lease)
        }
    }
}
