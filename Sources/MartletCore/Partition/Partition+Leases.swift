extension Partition {
    /// The lease of a running job; nil when the job is not running.
    public func lease(of id: JobID) -> Lease? { slab.slot(of: id).flatMap { slab[$0].job.lease } }

    /// The sessions whose heartbeat keeps running jobs, with how many each, in the order of their oldest lease.
    ///
    /// Costs a pass over all jobs in memory: for a new leader, once.
    public var sessionsHeldOpen: [(session: SessionID, running: Int)] {
        let held = slab.occupied.compactMap { slab[$0].job.lease }.filter { $0.until == nil }
        var places: [SessionID: Int] = [:]
        return held.sorted { $0.token < $1.token }.reduce(into: []) { sessions, lease in
            if let place = places[lease.session] {
                sessions[place].running += 1
            } else {
                places[lease.session] = sessions.count
                sessions.append((lease.session, 1))
            }
        }
    }
}
