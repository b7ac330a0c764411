/// The queues that hold jobs, each with its counts and its lane; and the timers' lane, which all share.
///
/// A queue is there from its first job to its last, so that names do not pile up.
struct QueueTable: Sendable {
    struct Queue: Sendable {
        var name: String
        var counts = LaneCounts()
        var lane = Lane()
    }

    static let none = -1
    /// The timers stand where no queue can be: a queue's name is never empty.
    static let timers = 0

    private var queues: ContiguousArray<Queue> = [Queue(name: "")]
    private var free: [Int] = []
    private var places: [String: Int] = [:]
    /// Consecutive jobs usually share the queue.
    private var latest = timers

    var count: Int { places.count }

    // Not lent with `_read`, for the reason that `JobSlab` gives.
    subscript(place: Int) -> Queue {
        get { queues[place] }
        _modify { yield &queues[place] }
    }

    /// Nil when the queue holds no job.
    func find(_ name: String) -> Int? {
        latest != Self.timers && queues[latest].name == name ? latest : places[name]
    }

    /// Where the lane is. Nil when there is none of that name.
    func find(_ lane: LaneName) -> Int? {
        switch lane {
        case .timers: Self.timers
        case .queue(let name): find(name)
        }
    }

    mutating func findOrMake(_ name: String) -> Int {
        let place = find(name) ?? make(name)
        latest = place
        return place
    }

    private mutating func make(_ name: String) -> Int {
        let place: Int
        if let vacant = free.popLast() {
            place = vacant
            queues[place] = Queue(name: name)
        } else {
            place = queues.count
            queues.append(Queue(name: name))
        }
        places[name] = place
        return place
    }

    /// Forgets a queue without jobs, unless a page of it is on its way.
    mutating func dropIfEmpty(_ place: Int) {
        guard place != Self.timers, queues[place].counts.isZero, queues[place].lane.page == nil else { return }
        places[queues[place].name] = nil
        queues[place] = Queue(name: "")
        free.append(place)
        if latest == place { latest = Self.timers }
    }

    /// The places of all queues, in the order of their names.
    var sortedPlaces: [Int] {
        queues.indices.filter { !queues[$0].name.isEmpty }.sorted { queues[$0].name < queues[$1].name }
    }
}
