/// A stable 64-bit hash of what a submitter asks for: each word scattered into the state.
///
/// It is written to the log, so it must be the same on every node and in every release.
struct Fingerprint {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Everything but the trace context, which differs with each try of the same request.
    static func of(_ spec: JobSpec) -> UInt64 {
        var print = Fingerprint()
        print.add(spec.kind.utf8)
        print.add(spec.queue.utf8)
        print.add(spec.payload)
        print.add(UInt64(spec.priority))
        switch spec.start {
        case .now:
            print.add(0)
        case .at(let time):
            print.add(1)
            print.add(UInt64(bitPattern: time.microseconds))
        case .after(let delay):
            print.add(2)
            print.add(delay)
        }
        print.add(spec.timeout == nil ? 0 : 1)
        print.add(spec.timeout ?? .zero)
        print.add(UInt64(bitPattern: Int64(spec.retry.attempts)))
        print.add(spec.retry.initialBackoff)
        print.add(spec.retry.maxBackoff)
        print.add((spec.idempotencyKey ?? "").utf8)
        return print.state
    }

    private mutating func add(_ word: UInt64) { state = SplitMix64.mix(state ^ word) }

    private mutating func add(_ duration: Duration) {
        add(UInt64(bitPattern: duration.components.seconds))
        add(UInt64(bitPattern: duration.components.attoseconds))
    }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        // The length keeps neighbouring fields apart.
        add(UInt64(bytes.count))
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            filled += 1
            guard filled == 8 else { continue }
            add(word)
            (word, filled) = (0, 0)
        }
        if filled > 0 { add(word) }
    }
}
