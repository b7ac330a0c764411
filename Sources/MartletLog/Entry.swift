/// One batch of events at one position of a partition's log. The events are opaque bytes here.
public struct Entry: Equatable, Sendable {
    public var header: EntryHeader
    public var body: [UInt8]
    /// SHA-256 over the header and the body: proof of this entry and of every one before it.
    public var hash: EntryHash

    /// An entry with a hash that fits.
    public init(header: EntryHeader, body: [UInt8]) {
        self.header = header
        self.body = body
        self.hash = EntryHash(of: header, body)
    }

    /// An entry as it was read. `isIntact` tells whether it is still what was written.
    public init(header: EntryHeader, body: [UInt8], hash: EntryHash) {
        self.header = header
        self.body = body
        self.hash = hash
    }

    public var isIntact: Bool { hash == EntryHash(of: header, body) }
}

/// What an entry says of itself.
public struct EntryHeader: Equatable, Sendable {
    public var partition: UInt32
    /// Counted from 1, without gaps.
    public var position: UInt64
    /// The leadership under which it was written; never falls.
    public var epoch: UInt64
    /// Random, fresh for each entry: tells our own entry from another's at the same position.
    public var nonce: UInt64
    /// The hash of the entry before; zeros at position 1.
    public var previous: EntryHash
    /// The leader's clock, microseconds since 1970; never falls.
    public var time: Int64

    public init(
        partition: UInt32, position: UInt64, epoch: UInt64, nonce: UInt64, previous: EntryHash, time: Int64
    ) {
        self.partition = partition
        self.position = position
        self.epoch = epoch
        self.nonce = nonce
        self.previous = previous
        self.time = time
    }
}
