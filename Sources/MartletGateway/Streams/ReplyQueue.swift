internal import Synchronization

/// The replies of one stream: written in the order of the requests, with a bound on how many are owed.
///
/// A slot is reserved for each request before it is acted on; the slot is free again once its reply is written. So the
/// bound holds for what is undecided, undurable and unwritten together, and it is what suspends the reader.
final class ReplyQueue<Reply: Sendable>: Sendable {
    private enum Side { case reader, writer }

    private struct State {
        /// Nil: owed. The first is slot number `first`.
        var slots: [Reply?] = []
        var first: UInt64 = 0
        var writing = 0
        var isComplete = false
        var waiting: [Side: CheckedContinuation<Void, Never>] = [:]

        var hasReady: Bool { (slots.first ?? nil) != nil }
    }
    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// A place for one more reply; waits while `capacity` of them are owed. Only one task may call it.
    func reserve() async throws(CancellationError) -> UInt64 {
        while true {
            let slot = state.withLock { state -> UInt64? in
                guard state.slots.count + state.writing < capacity else { return nil }
                state.slots.append(nil)
                return state.first &+ UInt64(state.slots.count - 1)
            }
            if let slot { return slot }
            if Task.isCancelled { throw CancellationError() }
            await suspend(.reader) { $0.slots.count + $0.writing < self.capacity }
        }
    }

    /// May be called from anywhere, once for each slot; does not block.
    func fill(_ slot: UInt64, with reply: Reply) {
        let writer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            let index = Int(truncatingIfNeeded: slot &- state.first)
            guard state.slots.indices.contains(index) else { return nil }
            state.slots[index] = reply
            return state.hasReady ? state.waiting.removeValue(forKey: .writer) : nil
        }
        writer?.resume()
    }

    /// No more slots will be reserved.
    func complete() {
        let writer = state.withLock { state in
            state.isComplete = true
            return state.waiting.removeValue(forKey: .writer)
        }
        writer?.resume()
    }

    /// The next replies in order, freeing the slots of those taken before; waits for the first.
    /// Nil: complete and nothing owed, or the task is cancelled. Only one task may call it.
    func take() async -> [Reply]? {
        while true {
            let (replies, isOver, reader) = state.withLock { state in
                state.writing = 0
                let replies = state.slots.prefix { $0 != nil }.compactMap(\.self)
                state.slots.removeFirst(replies.count)
                state.first &+= UInt64(replies.count)
                state.writing = replies.count
                return (replies, state.isComplete && state.slots.isEmpty, state.waiting.removeValue(forKey: .reader))
            }
            reader?.resume()
            if !replies.isEmpty { return replies }
            if isOver || Task.isCancelled { return nil }
            await suspend(.writer) { $0.hasReady || ($0.isComplete && $0.slots.isEmpty) }
        }
    }

    private func suspend(
        _ side: Side, unless isOver: @escaping @Sendable (State) -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !isOver(state), !Task.isCancelled else { return true }
                    state.waiting[side] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: side) }?.resume()
        }
    }
}
