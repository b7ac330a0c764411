public import MartletLog

/// Makes entries that follow from each other, the same ones for the same choices.
public struct Chain: Sendable {
    public var head: LogHead
    public let partition: UInt32

    public init(partition: UInt32, after head: LogHead = .empty) {
        self.partition = partition
        self.head = head
    }

    /// The entry that follows, without moving on. What is not said is as the head has it.
    public func entry(
        body: [UInt8] = [1, 2, 3], nonce: UInt64 = 1, position: UInt64? = nil, previous: EntryHash? = nil,
        epoch: UInt64? = nil, time: Int64? = nil
    ) -> Entry {
        let header = EntryHeader(
            partition: partition, position: position ?? head.position + 1, epoch: epoch ?? max(head.epoch, 1),
            nonce: nonce, previous: previous ?? head.hash, time: time ?? head.time + 1)
        return Entry(header: header, body: body)
    }

    /// The entry that follows; moves on.
    public mutating func next(body: [UInt8] = [1, 2, 3]) -> Entry {
        let entry = entry(body: body, nonce: head.position &* 0x9e37_79b9_7f4a_7c15)
        head = LogHead(of: entry)
        return entry
    }
}

extension EventLog {
    /// Appends entries that must be committed.
    public func fill(_ chain: inout Chain, _ count: Int, body: [UInt8] = [1, 2, 3]) async throws -> [Entry] {
        var entries: [Entry] = []
        for _ in 0..<count {
            let entry = chain.next(body: body)
            let outcome = await append(entry)
            guard case .committed = outcome else {
                throw LawBroken(description: "entry \(entry.header.position) was not committed: \(outcome)")
            }
            entries.append(entry)
        }
        return entries
    }

    /// Everything from `position` to the end.
    public func readAll(from position: UInt64 = 1, bytes: Int = 1 << 20) async throws(LogError) -> [Entry] {
        var entries: [Entry] = []
        while true {
            let some = try await read(from: position + UInt64(entries.count), bytes: bytes)
            guard !some.isEmpty else { return entries }
            entries += some
        }
    }
}
