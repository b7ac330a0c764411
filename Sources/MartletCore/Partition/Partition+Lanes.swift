/// How jobs enter and leave lanes and memory.
extension Partition {
    /// All lanes together hold as much as they may.
    var isCrowded: Bool { waitingCount >= limits.hotJobs || waitingBytes >= limits.hotBytes }

    func key(of job: Job) -> LaneKey {
        expected(LaneKey(of: job), "job \(job.subject.id) is \(job.state) and has no place in a lane")
    }

    /// The lane in which a waiting job stands.
    func lane(of slot: Int) -> Int { slab[slot].job.state == .queued ? slab[slot].queue : QueueTable.timers }

    mutating func turnsCold(_ key: LaneKey, in lane: Int) -> Bool {
        queues[lane].lane.turnsCold(key, isCrowded: isCrowded, limits: limits)
    }

    /// The job waits from now on, in memory or out of it.
    mutating func wait(_ slot: Int) {
        let lane = lane(of: slot)
        if turnsCold(key(of: slab[slot].job), in: lane) {
            leaveMemory(slot)
        } else {
            insert(slot, into: lane)
        }
    }

    mutating func insert(_ slot: Int, into lane: Int) {
        place(slot, in: lane)
        spill(lane)
    }

    mutating func place(_ slot: Int, in lane: Int) {
        let bytes = slab[slot].job.payload.count
        queues[lane].lane.insert(key(of: slab[slot].job), slot: slot, bytes: bytes)
        waitingCount += 1
        waitingBytes += bytes
    }

    mutating func leaveLane(_ slot: Int) {
        let bytes = slab[slot].job.payload.count
        queues[lane(of: slot)].lane.remove(key(of: slab[slot].job), bytes: bytes)
        waitingCount -= 1
        waitingBytes -= bytes
    }

    mutating func leaveMemory(_ slot: Int) {
        lookups.note(slab[slot].job)
        slab.remove(slot)
    }

    /// Makes the end of a lane cold that holds twice what it should, or more than is its own in a crowd.
    mutating func spill(_ lane: Int) {
        spillOverflow(of: lane)
        let isOverfull = waitingCount > limits.hotJobs || waitingBytes > limits.hotBytes
        if isOverfull, queues[lane].lane.page == nil, queues[lane].lane.hot.count > 1 { chillLast(of: lane) }
    }

    /// Makes the end of a lane cold that holds twice what it should, or would with one job more of so many bytes.
    mutating func spillOverflow(of lane: Int, adding bytes: Int? = nil) {
        guard queues[lane].lane.overflows(limits, adding: bytes) else { return }
        while queues[lane].lane.exceeds(limits) { chillLast(of: lane) }
    }

    /// Makes all of a lane cold again that stands behind the boundary.
    mutating func chillBehindBoundary(of lane: Int) {
        while let boundary = queues[lane].lane.coldFrom, let last = queues[lane].lane.hot.last, last >= boundary {
            chillLast(of: lane)
        }
    }

    private mutating func chillLast(of lane: Int) {
        guard let entry = queues[lane].lane.hot.lastEntry else { return }
        let bytes = slab[entry.slot].job.payload.count
        queues[lane].lane.chillLast(entry.key, bytes: bytes)
        waitingCount -= 1
        waitingBytes -= bytes
        leaveMemory(entry.slot)
    }
}
