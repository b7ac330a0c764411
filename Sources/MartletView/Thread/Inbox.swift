internal import MartletCore
internal import Synchronization

/// What was projected and not yet taken by the writer.
final class Inbox: Sendable {
    struct Batch {
        var events: [Event]
        var position: ViewPosition
        /// At least 1, so that an entry without events is written too.
        var changes: Int { max(events.count, 1) }
    }

    /// How the writer is to be woken.
    enum Wake { case no, afterLag, atOnce }

    /// So many changes are written without waiting for the lag.
    static let full = 20_000

    private struct State {
        var batches: [Batch] = []
        var changes = 0
        var last: UInt64
        var isUrgent = false
    }

    private let state: Mutex<State>
    private let pending = Atomic<Int>(0)

    init(after position: UInt64) { state = Mutex(State(last: position)) }

    /// Changes projected and not yet written.
    var backlog: Int { pending.load(ordering: .acquiring) }

    func append(_ events: [Event], at position: ViewPosition) -> Wake {
        let batch = Batch(events: events, position: position)
        pending.add(batch.changes, ordering: .acquiringAndReleasing)
        return state.withLock { state in
            precondition(
                position.position == state.last + 1,
                "entry \(position.position) cannot follow entry \(state.last) in the view")
            let isFirst = state.batches.isEmpty
            state.last = position.position
            state.batches.append(batch)
            state.changes += batch.changes
            if state.changes >= Self.full, !state.isUrgent {
                state.isUrgent = true
                return .atOnce
            }
            return isFirst ? .afterLag : .no
        }
    }

    func take() -> [Batch] {
        state.withLock { state in
            defer {
                state.batches = []
                state.changes = 0
                state.isUrgent = false
            }
            return state.batches
        }
    }

    func wrote(_ changes: Int) {
        pending.subtract(changes, ordering: .acquiringAndReleasing)
    }
}
