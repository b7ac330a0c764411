/// The mixing function of SplitMix64 (Steele, Lea, Flood 2014): a bijection that scatters its input.
///
/// Not a source of secrets: it spreads a random seed over several draws, the same on every node.
public enum SplitMix64 {
    /// The golden-ratio step between two draws.
    public static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Scatters the bits of `value`.
    public static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ increment
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
