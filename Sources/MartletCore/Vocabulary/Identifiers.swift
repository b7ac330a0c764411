/// A worker's session: a random UUID, given by the node when the session opens.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var description: String { UUIDText.format(high: high, low: low) }

    /// Nil unless the text is the usual 36 characters.
    public init?(_ text: String) {
        guard let (high, low) = UUIDText.parse(text) else { return nil }
        self.init(high: high, low: low)
    }
}

/// A client that numbers its submissions: a random UUID that the client made for itself.
public struct ClientID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var description: String { UUIDText.format(high: high, low: low) }

    /// Nil unless the text is the usual 36 characters.
    public init?(_ text: String) {
        guard let (high, low) = UUIDText.parse(text) else { return nil }
        self.init(high: high, low: low)
    }

    /// The same from the text's bytes.
    package init?(utf8 text: UnsafeRawBufferPointer) {
        guard let (high, low) = UUIDText.parse(text) else { return nil }
        self.init(high: high, low: low)
    }
}

/// The number of one lease, unique and growing within a partition: whoever holds an older one holds nothing.
public struct FencingToken: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) { self.value = value }

    public static func < (left: FencingToken, right: FencingToken) -> Bool { left.value < right.value }
}
