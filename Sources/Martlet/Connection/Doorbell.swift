internal import Synchronization

/// Wakes one waiting task; a ring while nobody waits is kept for whoever waits next.
///
/// A ring says "look again", no more: several may become one.
final class Doorbell: Sendable {
    private enum State {
        case quiet
        case rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    func ring() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .awaited(let continuation) = state else {
                state = .rung
                return nil
            }
            state = .quiet
            return continuation
        }
        waiting?.resume()
    }

    /// Returns at the next ring, or when the task is cancelled. One task may wait at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wasRung = state.withLock { state -> Bool in
                    switch state {
                    case .rung:
                        state = .quiet
                        return true
                    case .quiet:
                        state = .awaited(continuation)
                        return false
                    case .awaited:
                        preconditionFailure("Two tasks wait at one doorbell.")
                    }
                }
                if wasRung { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }
}
