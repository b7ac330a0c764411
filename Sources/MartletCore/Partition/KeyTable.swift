/// The idempotency keys in memory: the most recent ones, and older ones that were brought in by name.
///
/// A submission with cold keys is decided only once they were looked up. It watches all of its keys meanwhile, and
/// those stay, whatever pushes them out; no others do, however long that takes and however many such lookups overlap.
struct KeyTable: Sendable {
    private let capacity: Int
    private let guestCapacity: Int
    private var keys: [String: RememberedKey] = [:]
    /// In the order of submission. Those before `head` are gone.
    ///
    /// That is the order of expiry too, until the window is made shorter: then some that have expired stay behind older
    /// ones that have not.
    private var order: [RememberedKey] = []
    private var head = 0
    /// Keys brought in from the view, in the order of their arrival.
    private var guests: [RememberedKey] = []
    /// Keys that submissions watch, and how many times.
    private var watched: [String: Int] = [:]
    /// Watched keys that neither `order` nor `guests` holds any more: they stay until nobody watches them.
    private var lingering: Set<String> = []
    private(set) var coldCount = 0
    /// When the last cold key expires, or later.
    private var coldUntil = Timestamp(microseconds: .min)

    init(_ limits: Limits) {
        capacity = max(0, limits.hotKeys)
        // A submission that is sent again finds all of its keys.
        guestCapacity = max(limits.hotKeys, limits.jobsPerSubmission)
    }

    /// How many of the keys are recent ones.
    var recentCount: Int { order.count - head }

    /// All that are in memory.
    var count: Int { keys.count }

    /// Whether something will take out each key that is in memory. For tests and simulations.
    var isAccountedFor: Bool {
        lingering.allSatisfy { watched[$0] != nil } && keys.count <= recentCount + guests.count + lingering.count
    }

    /// Nil when the key is not in memory or expired.
    func find(_ key: String, at now: Timestamp) -> RememberedKey? {
        guard let found = keys[key], found.expires > now else { return nil }
        return found
    }

    func holds(_ key: String) -> Bool { keys[key] != nil }

    mutating func add(_ key: RememberedKey) {
        put(key)
        order.append(key)
    }

    /// Drops what has expired, but for what stands behind others that have not: it stays until they go.
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
            put(key)
            guests.append(key)
        }
        let excess = guests.count - guestCapacity
        guard excess > 0 else { return }
        for key in guests[..<excess] { forget(key) }
        guests.removeFirst(excess)
    }

    /// From now on none of these leaves memory, and none that comes.
    mutating func watch(_ names: [String]) {
        for name in names { watched[name, default: 0] += 1 }
    }

    /// Ends one `watch` of the same names.
    mutating func unwatch(_ names: [String]) {
        for name in names {
            let count = expected(watched[name], "nobody watches the key \(name)")
            watched[name] = count > 1 ? count - 1 : nil
            if count == 1, lingering.remove(name) != nil { keys[name] = nil }
        }
    }

    /// The time by which the cold keys expire is not that of any recent one: the window may have been longer for them.
    mutating func restore(_ recent: [RememberedKey], coldCount count: Int, until: Timestamp) {
        for key in recent { add(key) }
        if count > 0 { (coldCount, coldUntil) = (count, until) }
        evict()
    }

    private mutating func dropFirst() {
        forget(order[head])
        head += 1
        guard head > 1024, head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }

    /// In place of what the key stood for before.
    private mutating func put(_ key: RememberedKey) {
        keys[key.idempotency.key] = key
        if !lingering.isEmpty { lingering.remove(key.idempotency.key) }
    }

    /// Unless the key stands for a later job by now, or is watched.
    private mutating func forget(_ key: RememberedKey) {
        let name = key.idempotency.key
        guard keys[name] == key else { return }
        if watched[name] == nil { keys[name] = nil } else { lingering.insert(name) }
    }
}
