import MartletCore

/// All that is random in a run, drawn from one seed.
struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = SplitMix64.mix(seed &+ 1) }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.increment
        return SplitMix64.mix(state)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    mutating func happens(_ probability: Double) -> Bool { Double(next() >> 11) / Double(1 << 53) < probability }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// Evenly between the two.
    mutating func between(_ low: Duration, _ high: Duration) -> Duration {
        let span = max(0, (high - low).inNanoseconds)
        return low + .nanoseconds(Int64(next() % UInt64(span + 1)))
    }

    /// Mostly short, now and then long: how networks and disks are slow.
    mutating func latency() -> Duration {
        happens(0.02) ? between(.milliseconds(20), .seconds(3)) : between(.microseconds(50), .milliseconds(5))
    }
}
