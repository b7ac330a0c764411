import MartletCore

/// What happened, in words, and a digest of all of it.
struct Story: Sendable {
    private(set) var lines: [String] = []
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var violations: [String] = []

    mutating func tell(_ words: String, at time: Duration, isKept: Bool) {
        let line = "\(time.inNanoseconds / 1000) \(words)"
        // FNV-1a: only to tell two runs apart.
        for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if isKept { lines.append(line) }
    }
}
