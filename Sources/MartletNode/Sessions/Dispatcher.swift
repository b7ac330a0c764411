import MartletCore

/// Who takes jobs from which queue, and who comes next.
///
/// Decides only; the leader turns a share into started events.
struct Dispatcher {
    /// One who takes jobs: a session, or a caller that waits for a lease.
    enum Taker: Hashable {
        case session(SessionID)
        case lease(UInt64)
    }

    private var takers: [String: [Taker]] = [:]
    /// Queues where a job became ready or a taker became free, each once, in that order.
    private var touched: [String] = []
    private var isTouched: Set<String> = []
    /// Queues whose jobs and takers wait until something ends elsewhere.
    private var waiting: [String] = []
    private var queuesWaiting: Set<String> = []
    /// Moves the start of every round on, so that nobody is always first.
    private var rotation = 0

    var hasWork: Bool { !touched.isEmpty }

    func hasTakers(_ queue: String) -> Bool { takers[queue] != nil }

    func takerCount(_ queue: String) -> Int { takers[queue]?.count ?? 0 }

    /// All queues that somebody takes from.
    var queues: [String] { takers.keys.sorted() }

    func takers(of queue: String) -> [Taker] { takers[queue] ?? [] }

    /// Whether its jobs and takers wait until something ends elsewhere.
    func isWaiting(_ queue: String) -> Bool { queuesWaiting.contains(queue) }

    mutating func subscribe(_ taker: Taker, to queues: [String]) {
        for queue in queues where takers[queue]?.contains(taker) != true {
            takers[queue, default: []].append(taker)
        }
        touch(queues)
    }

    mutating func unsubscribe(_ taker: Taker, from queues: [String]) {
        for queue in queues {
            takers[queue]?.removeAll { $0 == taker }
            if takers[queue]?.isEmpty == true { takers[queue] = nil }
        }
    }

    mutating func touch(_ queues: [String]) {
        for queue in queues { touch(queue) }
    }

    mutating func touch(_ queue: String) {
        // Nobody takes from it: subscribing touches it again.
        guard takers[queue] != nil, touched.last != queue, isTouched.insert(queue).inserted else { return }
        touched.append(queue)
    }

    mutating func keepWaiting(_ queue: String) {
        if queuesWaiting.insert(queue).inserted { waiting.append(queue) }
    }

    /// An attempt has ended: there is room for another.
    mutating func touchWaiting() {
        guard !waiting.isEmpty else { return }
        let queues = waiting
        waiting = []
        queuesWaiting = []
        touch(queues)
    }

    /// The touched queues with their takers, in this round's order, and without them where nothing is ready: they may be
    /// many. Nothing is touched afterwards.
    mutating func nextRound(isReady: (String) -> Bool) -> [(queue: String, takers: [Taker])] {
        defer {
            touched.removeAll(keepingCapacity: true)
            isTouched.removeAll(keepingCapacity: true)
            rotation &+= 1
        }
        return rotated(touched).compactMap { queue in
            takers[queue].map { (queue, isReady(queue) ? rotated($0) : []) }
        }
    }

    private func rotated<Element>(_ elements: [Element]) -> [Element] {
        guard elements.count > 1 else { return elements }
        let start = rotation % elements.count
        return Array(elements[start...]) + elements[..<start]
    }
}
