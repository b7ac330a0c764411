/// The idempotency keys in memory: the most recent ones, and older ones that were brought in by name.
struct KeyTable: Sendable {
    private let capacity: Int
    private let guestCapacity: Int
    private var keys: [String: RememberedKey] = [:]
    /// In the order of expiry, which is the order of submission. Those before `head` are gone.
    private var order: [RememberedKey] = []
    private var head = 0
    /// Keys brought in from the view, in the order of their arrival.
    private var guests: [RememberedKey] = []
    private(set) var coldCount = 0
    /// When the last cold key expires.
    private var coldUntil = Timestamp(microseconds: .min)

    init(_ limits: Limits) {
        capacity = max(0, limits.hotKeys)
        // All keys of one submission must be there at once, or it could never be decided.
        guestCapacity = max(limits.hotKeys, limits.jobsPerSubmission)
    }

    /// How many of the keys are recent ones.
    var recentCount: Int { order.count - head }

    /// Nil when the key is not in memory or expired.
    func find(_ key: String, at now: Timestamp) -> RememberedKey? {
        guard let found = keys[key], found.expires > now else { return nil }
        return found
    }

    func holds(_ key: String) -> Bool { keys[key] != nil }

    mutating func add(_ key: RememberedKey) {
        keys[key.idempotency.key] = key
        order.append(key)
    }

    /// Drops what has expired.
    mutating func expire(at now: Timestamp) {
        while head < order.count, order[head].expires <= now { dropFirst() }
        if coldCount > 0, coldUntil <= now { coldCount = 0 }
        guard let guest = guests.first, guest.expires <= now else { return }
        for key in guests where key.expires <= now { forget(key) }
        guests.removeAll { $0.expires <= now }
    }

    /// Makes the oldest keys cold until no more than the capacity are left.
    mutating func evict() {
        while recentCount > capacity {
            coldCount += 1
            coldUntil = max(coldUntil, order[head].expires)
            dropFirst()
        }
    }

    mutating func admit(_ found: [RememberedKey]) {
        for key in found where keys[key.idempotency.key].map({ $0.expires < key.expires }) ?? true {
            keys[key.idempotency.key] = key
            guests.append(key)
        }
        let excess = guests.count - guestCapacity
        guard excess > 0 else { return }
        for key in guests[..<excess] { forget(key) }
        guests.removeFirst(excess)
    }

    mutating func restore(_ recent: [RememberedKey], coldCount count: Int) {
        for key in recent { add(key) }
        coldCount = count
        coldUntil = recent.first?.expires ?? .distantFuture
        evict()
    }

    private mutating func dropFirst() {
        forget(order[head])
        head += 1
        guard head > 1024, head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }

    /// Unless the key stands for a later job by now.
    private mutating func forget(_ key: RememberedKey) {
        if keys[key.idempotency.key] == key { keys[key.idempotency.key] = nil }
    }
}
