internal import Crypto

/// SHA-256 (FIPS 180-4) of an entry: four words, big-endian.
public struct EntryHash: Hashable, Sendable, CustomStringConvertible {
    public let words: (UInt64, UInt64, UInt64, UInt64)

    public static let zero = EntryHash(words: (0, 0, 0, 0))

    public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Nil unless there are 32 bytes.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    init(of header: EntryHeader, _ body: [UInt8]) {
        var sha = SHA256()
        header.withBytes { sha.update(bufferPointer: $0) }
        body.withUnsafeBytes { sha.update(bufferPointer: $0) }
        let digest = sha.finalize()
        self = digest.withUnsafeBytes { EntryHash(bytes: $0) ?? .zero }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Lends the 32 bytes, without making an array of them.
    public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var fields = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return withUnsafeBytes(of: &fields, body)
    }

    public static func == (left: EntryHash, right: EntryHash) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }

    /// The first eight hexadecimal digits: enough to compare by eye.
    public var description: String {
        let digits = String(words.0 >> 32, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension EntryHeader {
    /// The header as it is hashed: fixed fields, big-endian, in order.
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var fields = (
            UInt64(partition).bigEndian, position.bigEndian, epoch.bigEndian, nonce.bigEndian,
            previous.words.0.bigEndian, previous.words.1.bigEndian, previous.words.2.bigEndian,
            previous.words.3.bigEndian, time.bigEndian
        )
        return withUnsafeBytes(of: &fields, body)
    }
}
