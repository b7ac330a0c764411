/// Jobs that wait in order: the head of them in memory, the rest in the view (ADR 2).
///
/// Whatever is cold has a key not below `coldFrom`. Hot jobs behind `coldFrom` exist for a while, when they
/// arrived during the read of a page or were admitted by name; they are not ready, since colder ones may go
/// first.
struct Lane: Sendable {
    private(set) var hot = LaneOrder()
    /// Payload bytes of the hot jobs.
    private(set) var hotBytes = 0
    private(set) var coldCount = 0
    /// Nil if and only if nothing is cold.
    private(set) var coldFrom: LaneKey?
    /// The page that is being read.
    private(set) var page: PageRead?
    /// Whether what a read of the cold jobs finds may have changed since the last page was begun: jobs turned cold,
    /// were brought in by name, or left from behind `coldFrom`. Whatever goes from before `coldFrom` no page looks at.
    private(set) var hasColdChanged = true

    /// How many of the hot jobs may go before everything cold.
    var readyCount: Int { hot.count(below: coldFrom) }

    /// Whether a newly waiting job with `key` stays out of memory; if so, it is counted as cold.
    ///
    /// - Parameter isCrowded: all lanes together hold as much as they may.
    mutating func turnsCold(_ key: LaneKey, isCrowded: Bool, limits: Limits) -> Bool {
        if let coldFrom, key >= coldFrom {
            // The read of a page may or may not see what turns cold meanwhile. New jobs are known by their numbers
            // and passed over when it ends; others stay in memory until then.
            guard page?.isNew(key) ?? true else { return false }
            page?.add(key)
            coldCount += 1
            hasColdChanged = true
            return true
        }
        guard page == nil else { return false }
        let isFull = isCrowded || hot.count >= limits.hotJobsPerLane || hotBytes >= limits.hotBytesPerLane
        guard isFull, let last = hot.last, key > last else { return false }
        coldCount += 1
        coldFrom = key
        hasColdChanged = true
        return true
    }

    mutating func insert(_ key: LaneKey, slot: Int, bytes: Int) {
        hot.insert(key, slot: slot)
        hotBytes += bytes
    }

    mutating func remove(_ key: LaneKey, bytes: Int) {
        hot.remove(key)
        hotBytes -= bytes
        page?.noteDeparture(of: key)
        if let coldFrom, key >= coldFrom { hasColdChanged = true }
    }

    /// Takes the last hot job out, which is `key`, to be cold from now on.
    mutating func chillLast(_ key: LaneKey, bytes: Int) {
        hot.remove(key)
        hotBytes -= bytes
        coldCount += 1
        coldFrom = min(coldFrom ?? key, key)
        hasColdChanged = true
    }

    /// Whether the lane holds so much that its end turns cold. Twice the limit, so that a lane does not turn
    /// cold and hot by single jobs.
    ///
    /// - Parameter bytes: of one job more.
    func overflows(_ limits: Limits, adding bytes: Int? = nil) -> Bool {
        let count = hot.count + (bytes == nil ? 0 : 1)
        guard page == nil, count > 1 else { return false }
        return count - limits.hotJobsPerLane > limits.hotJobsPerLane
            || hotBytes + (bytes ?? 0) - limits.hotBytesPerLane > limits.hotBytesPerLane
    }

    /// Whether it holds more than a lane should; one job it may always hold.
    func exceeds(_ limits: Limits) -> Bool {
        hot.count > 1 && (hot.count > limits.hotJobsPerLane || hotBytes > limits.hotBytesPerLane)
    }

    /// The cold job with `key` is brought in by name.
    mutating func thaw(_ key: LaneKey) {
        page?.remove(key)
        coldCount -= 1
        if coldCount == 0 { coldFrom = nil }
        hasColdChanged = true
    }

    /// After a restart all that waits is cold.
    mutating func restore(coldCount count: Int) {
        coldCount = count
        coldFrom = count > 0 ? .smallest : nil
    }

    /// - Parameter nextNumber: of the next job that is submitted.
    mutating func beginPage(_ request: PageRequest, nextNumber: UInt64, departures: Departures) {
        page = PageRead(request: request, firstNew: nextNumber, departures: departures)
        hasColdChanged = false
    }

    /// A page came in, `admitted` jobs of which were cold; whatever was cold when it was begun, and is now, is not
    /// below `boundary`.
    mutating func finishPage(admitted: Int, boundary: LaneKey, isLast: Bool) {
        let newCount = page?.newCount ?? 0
        let newFrom = page?.newFrom ?? boundary
        page = nil
        coldCount = isLast ? newCount : max(0, coldCount - admitted)
        coldFrom = coldCount == 0 ? nil : min(boundary, newFrom)
    }

    mutating func abandonPage() {
        page = nil
        hasColdChanged = true
    }
}

/// A page under way, the new jobs that turned cold since it was begun, and the others that left.
struct PageRead: Sendable {
    let request: PageRequest
    /// Jobs from this number on were submitted after the page was begun.
    let firstNew: UInt64
    private(set) var newCount = 0
    private(set) var newFrom: LaneKey?
    private(set) var departures: Departures

    func isNew(_ key: LaneKey) -> Bool { key.number >= firstNew }

    mutating func add(_ key: LaneKey) {
        newCount += 1
        newFrom = min(newFrom ?? key, key)
    }

    mutating func remove(_ key: LaneKey) {
        if isNew(key) { newCount -= 1 }
    }

    /// A hot job left the lane. The page looks neither before its begin nor at new ones.
    mutating func noteDeparture(of key: LaneKey) {
        guard key >= request.from, !isNew(key) else { return }
        departures.note(key.number)
    }
}
