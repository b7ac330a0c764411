/// Which running jobs each session holds: a list through the slab's records, in the order of their tokens.
struct SessionTable: Sendable {
    private struct Session: Sendable {
        var id: SessionID
        var first: Int
        var last: Int
    }

    private var sessions: [Session] = []
    private var free: [Int] = []
    private var places: [SessionID: Int] = [:]

    /// Adds a job whose token is greater than all others of the session.
    mutating func add(_ slot: Int, to id: SessionID, in slab: inout JobSlab) {
        slab[slot].later = JobSlab.none
        guard let place = places[id] else {
            slab[slot].earlier = JobSlab.none
            slab[slot].session = make(Session(id: id, first: slot, last: slot))
            return
        }
        let last = sessions[place].last
        slab[last].later = slot
        slab[slot].earlier = last
        slab[slot].session = place
        sessions[place].last = slot
    }

    mutating func remove(_ slot: Int, in slab: inout JobSlab) {
        let (place, earlier, later) = (slab[slot].session, slab[slot].earlier, slab[slot].later)
        precondition(place != JobSlab.none, "job \(slab[slot].job.subject.id) runs in no session")
        if earlier == JobSlab.none { sessions[place].first = later } else { slab[earlier].later = later }
        if later == JobSlab.none { sessions[place].last = earlier } else { slab[later].earlier = earlier }
        slab[slot].session = JobSlab.none
        if sessions[place].first == JobSlab.none {
            places[sessions[place].id] = nil
            free.append(place)
        }
    }

    /// The slots of the session's jobs, in the order of their tokens.
    func slots(of id: SessionID, in slab: JobSlab) -> [Int] {
        guard let place = places[id] else { return [] }
        var found: [Int] = []
        var slot = sessions[place].first
        while slot != JobSlab.none {
            found.append(slot)
            slot = slab[slot].later
        }
        return found
    }

    private mutating func make(_ session: Session) -> Int {
        let place = free.popLast() ?? sessions.count
        if place < sessions.count { sessions[place] = session } else { sessions.append(session) }
        places[session.id] = place
        return place
    }
}
