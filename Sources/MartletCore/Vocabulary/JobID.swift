/// The name of a job: a UUIDv7 (RFC 9562) whose 12 bits after the time are the job's slot.
///
/// Identifiers are derived from the time, a random seed and the job's index in its submission, so that a
/// submission that is repeated can be answered with the same identifiers without remembering each of them.
public struct JobID: Hashable, Sendable {
    /// The first eight bytes, big-endian: 48 bits of Unix milliseconds, the version, the slot.
    public let high: UInt64
    /// The last eight bytes, big-endian: the variant and 62 bits that tell jobs of one millisecond apart.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The identifier of job number `index` of the submission that was decided at `time` with `seed`.
    public init(at time: Timestamp, seed: UInt64, index: Int) {
        let milliseconds = UInt64(clamping: time.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        let slot = SplitMix64.mix(seed &+ UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03) >> 52
        let tail = SplitMix64.mix(seed ^ UInt64(truncatingIfNeeded: index) &* SplitMix64.increment)
        self.init(high: milliseconds << 16 | 0x7000 | slot, low: 1 << 63 | tail >> 2)
    }

    /// 0 to 4095: the share of the key space that the job belongs to.
    public var slot: Int { Int(high & 0xFFF) }
}

extension JobID: Comparable {
    public static func < (left: JobID, right: JobID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension JobID: CustomStringConvertible {
    /// The usual 36 characters, lower case.
    public var description: String { UUIDText.format(high: high, low: low) }

    /// Nil unless the text is the usual 36 characters of a UUIDv7, in either case.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ JobID(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }

    /// The same from the text's bytes.
    package init?(utf8 text: UnsafeRawBufferPointer) {
        guard let (high, low) = UUIDText.parse(text), high >> 12 & 0xF == 7, low >> 62 == 0b10 else { return nil }
        self.init(high: high, low: low)
    }
}
