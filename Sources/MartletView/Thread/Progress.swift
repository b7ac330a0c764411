internal import Synchronization

/// What the writer tells everyone else: how far it is, and whether it goes on.
final class Progress: Sendable {
    private struct Waiting {
        var limit: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var position: ViewPosition
        var stopped: ViewError?
        var waiting: [Waiting] = []
    }

    private let state: Mutex<State>
    private let inbox: Inbox
    private let (ends, end) = AsyncStream.makeStream(of: Never.self)

    init(at position: ViewPosition, _ inbox: Inbox) {
        state = Mutex(State(position: position))
        self.inbox = inbox
    }

    var position: ViewPosition { state.withLock { $0.position } }

    /// Why nothing more will be written; nil while the writer is well.
    var stopped: ViewError? { state.withLock { $0.stopped } }

    func wrote(_ changes: Int, upTo position: ViewPosition) {
        inbox.wrote(changes)
        let ready = state.withLock { state in
            state.position = position
            let backlog = inbox.backlog
            let ready = state.waiting.filter { backlog < $0.limit }
            state.waiting.removeAll { backlog < $0.limit }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func stop(_ error: ViewError) {
        state.withLock { if $0.stopped == nil { $0.stopped = error } }
        wakeAll()
        end.finish()
    }

    /// Nothing is written until there is room: whoever waits must not wait for that.
    func foundNoRoom() { wakeAll() }

    private func wakeAll() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume() }
    }

    /// Returns when nothing more will be written, or when the task is cancelled. For one who waits.
    func waitForEnd() async { for await _ in ends {} }

    /// Returns when the backlog is below `limit`, when it will not shrink any more, or when there was no room to write.
    func waitForRoom(below limit: Int) async {
        precondition(limit > 0, "the backlog is never below \(limit)")
        await withCheckedContinuation { continuation in
            // The backlog is read while the lock is held: `wrote` shrinks it before it looks for who waits.
            let isReady = state.withLock { state in
                guard state.stopped == nil, inbox.backlog >= limit else { return true }
                state.waiting.append(Waiting(limit: limit, continuation: continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
