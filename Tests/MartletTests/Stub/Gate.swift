import Synchronization

/// Closed until it is opened, once; any number of tasks may wait. Waiting ends with cancellation too.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for one in waiting { one.resume() }
    }

    func passed() async {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen, !Task.isCancelled { state.waiting[ticket] = continuation }
                    return state.waiting[ticket] == nil
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            let one = state.withLock { $0.waiting.removeValue(forKey: ticket) }
            one?.resume()
        }
    }
}
