internal import Synchronization

/// What peers make the server hold: requests that have not arrived whole, and answers that are not read.
///
/// Bounded over all connections. Above the limit whoever began first is let go: honest peers are quick, so they are never
/// the oldest for long, and a crowd of slow ones makes way for them.
final class Holdings: Sendable {
    private struct Holding {
        var bytes = 0
        let letGo: @Sendable () -> Void
    }
    private struct State {
        var next: UInt64 = 0
        var total = 0
        var holdings: [UInt64: Holding] = [:]
    }
    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var bytes: Int { state.withLock { $0.total } }

    /// A place for what is held; `letGo` is called at most once, when it has to make way.
    func begin(letGo: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            state.holdings[state.next] = Holding(letGo: letGo)
            return state.next
        }
    }

    /// Lets others go while too much is held. After `end`, or once it was let go, it does nothing.
    func add(_ bytes: Int, to number: UInt64) {
        let gone = state.withLock { state -> [Holding] in
            guard state.holdings[number] != nil else { return [] }
            state.holdings[number]?.bytes += bytes
            state.total += bytes
            var gone: [Holding] = []
            while state.total > limit, let oldest = state.holdings.keys.min() {
                guard let holding = state.holdings.removeValue(forKey: oldest) else { break }
                state.total -= holding.bytes
                gone.append(holding)
            }
            return gone
        }
        for holding in gone { holding.letGo() }
    }

    func end(_ number: UInt64) {
        state.withLock { state in
            guard let holding = state.holdings.removeValue(forKey: number) else { return }
            state.total -= holding.bytes
        }
    }
}
