internal import Synchronization

/// A queue from any number of senders to one reader, who takes all that waits at once.
///
/// It is bounded: what arrives when it is full is not kept, and the reader is told by an error. What it carries is
/// promised to arrive in order or not at all, so there is nothing sensible to drop.
final class Mailbox<Letter: Sendable>: Sendable {
    struct Overflow: Error {}

    private struct State {
        var letters: [Letter] = []
        var reader: CheckedContinuation<Void, Never>?
        var isClosed = false
        var hasOverflowed = false
    }
    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// May be called from anywhere; does not block. After `close` it does nothing.
    func send(_ letter: Letter) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed else { return nil }
            if state.letters.count < capacity {
                state.letters.append(letter)
            } else {
                state.hasOverflowed = true
                state.isClosed = true
            }
            return state.reader.take()
        }
        reader?.resume()
    }

    /// Nothing more is accepted; what waits can still be taken.
    func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            return state.reader.take()
        }
        reader?.resume()
    }

    /// All that waits, in order; waits for the first. Nil: closed and empty, or the task is cancelled.
    ///
    /// Only one task may call it.
    func take() async throws(Overflow) -> [Letter]? {
        while true {
            let (letters, isOver, hasOverflowed) = state.withLock { state in
                defer { state.letters = [] }
                return (state.letters, state.isClosed, state.hasOverflowed)
            }
            if hasOverflowed { throw Overflow() }
            if !letters.isEmpty { return letters }
            if isOver || Task.isCancelled { return nil }
            await arrival()
        }
    }

    private func arrival() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.letters.isEmpty, !state.isClosed, !Task.isCancelled else { return true }
                    state.reader = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume()
        }
    }
}
