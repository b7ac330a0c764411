internal import MartletCore
internal import Synchronization

/// The jobs that were handed out to be admitted: they are not retired, so that a dead job which is redriven at the
/// end of its keeping does not vanish between the read and the event.
///
/// Holds the last so many; older ones have long been decided.
final class RedriveGuard: Sendable {
    private static let capacity = 10_000

    private struct State {
        var ring: [JobID] = []
        var next = 0
        var counts: [JobID: Int] = [:]
    }

    private let state = Mutex(State())

    /// Called before the job is read.
    func add(_ id: JobID) {
        state.withLock { state in
            state.counts[id, default: 0] += 1
            guard state.ring.count == Self.capacity else { return state.ring.append(id) }
            let oldest = state.ring[state.next]
            if let count = state.counts[oldest] { state.counts[oldest] = count > 1 ? count - 1 : nil }
            state.ring[state.next] = id
            state.next = (state.next + 1) % Self.capacity
        }
    }

    func contains(_ id: JobID) -> Bool { state.withLock { $0.counts[id] != nil } }
}
