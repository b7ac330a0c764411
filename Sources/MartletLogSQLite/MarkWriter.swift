internal import Dispatch
internal import MartletLog
internal import Synchronization

/// Keeps the high-water mark near the log's head without slowing appends: a thread of its own always writes the
/// newest mark, so what came meanwhile costs one sync together, and the file is at most one sync behind.
///
/// A mark that cannot be written stops the log: from there on nobody would notice a loss.
///
/// Sendable by the queue: `file` is touched on it alone once `init` has returned.
final class MarkWriter: @unchecked Sendable {
    private struct State {
        var newest: HighWaterMark
        var isWriting = false
        var failure: LogError?
    }

    private let file: MarkFile
    private let queue = DispatchQueue(label: "martlet.log.mark")
    private let state: Mutex<State>

    init(_ file: consuming sending MarkFile) {
        state = Mutex(State(newest: file.mark))
        self.file = file
    }

    /// Has the mark written soon.
    ///
    /// - Throws: what stopped an earlier write.
    func post(position: UInt64, hash: EntryHash) throws(LogError) {
        try change {
            $0.position = position
            $0.hash = hash
        }
    }

    /// Has the mark written soon.
    ///
    /// - Throws: what stopped an earlier write.
    func post(checkpoint: UInt64) throws(LogError) {
        try change { $0.checkpoint = checkpoint }
    }

    /// Returns once what was posted is on the disk. Blocks.
    func settle() throws(LogError) {
        queue.sync { drain() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func change(_ body: (inout HighWaterMark) -> Void) throws(LogError) {
        let mustStart = try state.withLock { state throws(LogError) in
            if let failure = state.failure { throw failure }
            body(&state.newest)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Writes until there is nothing newer. A failure is final: the next post throws it.
    private func drain() {
        while let mark = next() {
            do {
                try file.write(mark)
            } catch {
                state.withLock { $0.failure = error }
            }
        }
    }

    private func next() -> HighWaterMark? {
        state.withLock { state in
            guard state.failure == nil, state.newest != file.mark else {
                state.isWriting = false
                return nil
            }
            return state.newest
        }
    }
}
