internal import MartletLog

/// How far a log has got, as told by someone other than its database.
///
/// SQLite takes a write-ahead log up to the first frame that does not match its checksum and drops the rest in
/// silence: commits that were acknowledged can vanish, and the file is still sound. Who remembers the position
/// and its hash elsewhere notices.
struct HighWaterMark: Equatable, Sendable {
    var incarnation: LogIncarnation
    var position: UInt64
    /// The hash of the entry at `position`.
    var hash: EntryHash
    /// The position of the checkpoint that is kept, 0 for none.
    var checkpoint: UInt64
}

extension HighWaterMark {
    /// The bytes of one slot that mean something; the rest of it is zeros.
    static let size = 10 * 8
    private static let magic: UInt64 = 0x6d61_7274_6d61_726b  // "martmark"

    /// The mark as one slot of the file: ten words, big-endian, the last one a checksum of the others.
    var encoded: [UInt8] {
        let fields = [
            Self.magic, incarnation.high, incarnation.low, position, hash.words.0, hash.words.1, hash.words.2,
            hash.words.3, checkpoint,
        ]
        return (fields + [Self.checksum(fields)]).flatMap { word in
            withUnsafeBytes(of: word.bigEndian) { [UInt8]($0) }
        }
    }

    /// Nil for a slot that was never written, or not to its end.
    init?(slot: some Collection<UInt8>) {
        guard slot.count >= Self.size else { return nil }
        let bytes = Array(slot.prefix(Self.size))
        let words = stride(from: 0, to: Self.size, by: 8).map { start in
            bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        guard words[0] == Self.magic, words[9] == Self.checksum(words.prefix(9)) else { return nil }
        incarnation = LogIncarnation(high: words[1], low: words[2])
        position = words[3]
        hash = EntryHash(words: (words[4], words[5], words[6], words[7]))
        checkpoint = words[8]
    }

    /// FNV-1a, word by word. Each step can be undone, so that any one changed word always shows.
    private static func checksum(_ words: some Sequence<UInt64>) -> UInt64 {
        words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x0000_0100_0000_01b3 }
    }
}
