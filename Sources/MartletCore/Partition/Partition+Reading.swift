extension Partition {
    /// The earliest time at which a tick leads to anything: nil when nothing hot waits for its time.
    public var nextDue: Timestamp? {
        let timer = queues[QueueTable.timers].lane.hot.first.map {
            Timestamp(microseconds: Int64(clamping: $0.rank))
        }
        guard let timer else { return deadlines.next }
        return deadlines.next.map { min($0, timer) } ?? timer
    }

    /// A job in memory.
    public func job(_ id: JobID) -> Job? { slab.slot(of: id).map { slab[$0].job } }

    /// The attempts that a session holds, sorted by token.
    public func runningJobs(of session: SessionID) -> [AttemptID] {
        sessions.slots(of: session, in: slab).compactMap { slot in
            slab[slot].job.lease.map { AttemptID(job: slab[slot].job.subject.id, token: $0.token) }
        }
    }

    /// How many jobs of the queue `start` could hand out now.
    public func readyCount(in queue: String) -> Int { queues.find(queue).map { queues[$0].lane.readyCount } ?? 0 }

    /// How many jobs of the queue there are, hot and cold.
    public func counts(of queue: String) -> LaneCounts { queues.find(queue).map { queues[$0].counts } ?? LaneCounts() }

    /// The counts of all queues that hold jobs, sorted by name. Costs a sort.
    public var allCounts: [(queue: String, counts: LaneCounts)] {
        queues.sortedPlaces.map { (queues[$0].name, queues[$0].counts) }
    }

    /// Jobs in memory, the running ones among them.
    public var hotJobCount: Int { slab.count }

    /// Payload bytes in memory, those of running jobs among them.
    public var hotByteCount: Int { waitingBytes + runningBytes + visitorBytes }

    /// The slot of a job that an event is about.
    func slot(of subject: Subject) -> Int {
        expected(slab.slot(of: subject.id), "an event is about job \(subject.id), which is not in memory")
    }
}
