/// Holds entries against the chain they claim to continue: the one place that knows what a sound log is.
///
/// Every adapter reads through one, so that none of them trusts its engine further than the hashes reach.
public struct LogVerifier: Sendable {
    /// Where the chain stands: the last entry accepted, or where it was started.
    public private(set) var head: LogHead
    private let partition: UInt32

    /// Continues a chain whose last entry is known.
    public init(partition: UInt32, after head: LogHead) {
        self.partition = partition
        self.head = head
    }

    /// Accepts the next entry.
    ///
    /// - Throws: `LogError.damaged` at the position where the entry is missing, altered or does not follow.
    public mutating func accept(_ entry: Entry) throws(LogError) {
        let header = entry.header
        let expected = head.position + 1
        guard header.position == expected else {
            throw .damaged(position: expected, reason: "the entry is missing: the next one is \(header.position)")
        }
        guard header.partition == partition else {
            throw .damaged(
                position: expected, reason: "the entry is of partition \(header.partition), not \(partition)")
        }
        guard entry.isIntact else {
            throw .damaged(position: expected, reason: "the entry does not match its hash \(entry.hash)")
        }
        guard header.previous == head.hash else {
            throw .damaged(position: expected, reason: "the entry follows \(header.previous), not \(head.hash)")
        }
        if let fall = header.fall(below: head) {
            throw .damaged(position: expected, reason: fall)
        }
        head = LogHead(of: entry)
    }
}

extension LogHead {
    /// Where a log stands when `entry` is its last.
    public init(of entry: Entry) {
        self.init(
            position: entry.header.position, hash: entry.hash, epoch: entry.header.epoch, time: entry.header.time)
    }

    /// Whether `entry` may be appended here: the next position, this hash as the previous one, and neither epoch
    /// nor time falls. What is not admitted belongs to another chain, and its writer is fenced by this head.
    public func admits(_ entry: Entry) -> Bool {
        entry.header.position == position + 1 && entry.header.previous == hash && entry.header.fall(below: self) == nil
    }
}

extension EntryHeader {
    /// Says how epoch or time falls below `head`, if one does.
    fileprivate func fall(below head: LogHead) -> String? {
        if epoch < head.epoch { return "the epoch falls from \(head.epoch) to \(epoch)" }
        if time < head.time { return "the time falls from \(head.time) to \(time)" }
        return nil
    }
}
