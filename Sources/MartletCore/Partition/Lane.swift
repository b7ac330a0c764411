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
    var page: PageRequest?

    /// How many of the hot jobs may go before everything cold.
    var readyCount: Int { hot.count(below: coldFrom) }

    /// Whether a newly waiting job with `key` stays out of memory; if so, it is counted as cold.
    ///
    /// - Parameter isCrowded: all lanes together hold as much as they may.
    mutating func turnsCold(_ key: LaneKey, isCrowded: Bool, limits: Limits) -> Bool {
        // While a page is read nothing turns cold: the read may or may not have seen it.
        guard page == nil else { return false }
        if let coldFrom, key >= coldFrom {
            coldCount += 1
            return true
        }
        let isFull = isCrowded || hot.count >= limits.hotJobsPerLane || hotBytes >= limits.hotBytesPerLane
        guard isFull, let last = hot.last, key > last else { return false }
        coldCount += 1
        coldFrom = key
        return true
    }

    mutating func insert(_ key: LaneKey, slot: Int, bytes: Int) {
        hot.insert(key, slot: slot)
        hotBytes += bytes
    }

    mutating func remove(_ key: LaneKey, bytes: Int) {
        hot.remove(key)
        hotBytes -= bytes
    }

    /// Takes the last hot job out, which is `key`, to be cold from now on.
    mutating func chillLast(_ key: LaneKey, bytes: Int) {
        hot.remove(key)
        hotBytes -= bytes
        coldCount += 1
        coldFrom = min(coldFrom ?? key, key)
    }

    /// Whether the lane holds so much that its end turns cold. Twice the limit, so that a lane does not turn
    /// cold and hot by single jobs.
    func overflows(_ limits: Limits) -> Bool {
        guard page == nil, hot.count > 1 else { return false }
        return hot.count - limits.hotJobsPerLane > limits.hotJobsPerLane
            || hotBytes - limits.hotBytesPerLane > limits.hotBytesPerLane
    }

    /// Whether it holds more than a lane should; one job it may always hold.
    func exceeds(_ limits: Limits) -> Bool {
        hot.count > 1 && (hot.count > limits.hotJobsPerLane || hotBytes > limits.hotBytesPerLane)
    }

    /// A cold job is brought in by name.
    mutating func thawOne() {
        coldCount -= 1
        if coldCount == 0 { coldFrom = nil }
    }

    /// After a restart all that waits is cold.
    mutating func restore(coldCount count: Int) {
        coldCount = count
        coldFrom = count > 0 ? .smallest : nil
    }

    /// A page came in, `admitted` jobs of which were cold; whatever is cold now is not below `boundary`.
    mutating func finishPage(admitted: Int, boundary: LaneKey, isLast: Bool) {
        page = nil
        coldCount = isLast ? 0 : max(0, coldCount - admitted)
        coldFrom = coldCount == 0 ? nil : boundary
    }
}
