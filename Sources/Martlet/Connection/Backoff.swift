/// The waits between attempts to reach a server: doubling from 50 ms to 2 s, each shortened by up to half at random,
/// so that the clients of a server that restarts do not come back all at once.
struct Backoff: Sendable {
    static let initial = Duration.milliseconds(50)
    static let maximum = Duration.seconds(2)

    private var ceiling = initial

    mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        defer { ceiling = min(ceiling * 2, Self.maximum) }
        return ceiling * Double.random(in: 0.5...1, using: &random)
    }

    mutating func next() -> Duration {
        var random = SystemRandomNumberGenerator()
        return next(using: &random)
    }

    /// The server answered: the next trouble is a new one.
    mutating func reset() {
        ceiling = Self.initial
    }
}
