import MartletLog
import Synchronization

/// A log in memory whose appends wait, find no room, or fail, as the test says.
final class GatedLog: EventLog, ReservedSpace {
    private struct State {
        var isGateClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isFull = false
        var isStopped = false
    }

    private let base = InMemoryLog(partition: 0, incarnation: LogIncarnation(high: 1, low: 2))
    private let state = Mutex(State())

    /// Appends wait until the gate is opened.
    func closeGate() { state.withLock { $0.isGateClosed = true } }

    func openGate() {
        let waiting = state.withLock { state in
            state.isGateClosed = false
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }

    /// Whether an append waits at the gate.
    var isHolding: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// There is room no more, but for the reserve.
    func fill() { state.withLock { $0.isFull = true } }

    /// The next append fails for good.
    func stop() { state.withLock { $0.isStopped = true } }

    func append(_ entry: Entry) async -> AppendOutcome {
        await withCheckedContinuation { continuation in
            let waits = state.withLock {
                if $0.isGateClosed { $0.waiting.append(continuation) }
                return $0.isGateClosed
            }
            if !waits { continuation.resume() }
        }
        let (isFull, isStopped) = state.withLock { ($0.isFull, $0.isStopped) }
        if isStopped { return .unknown(.stopped("a write failed")) }
        return isFull ? .full : await base.append(entry)
    }

    func releaseReserve() async -> Bool {
        state.withLock { state in
            defer { state.isFull = false }
            return state.isFull
        }
    }

    /// What was taken to make room never comes back.
    func restoreReserve() async -> Bool { false }

    var incarnation: LogIncarnation { base.incarnation }
    func head() async throws(LogError) -> LogHead { try await base.head() }
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        try await base.read(from: position, bytes: bytes)
    }
    func keep(_ checkpoint: Checkpoint) async throws(LogError) { try await base.keep(checkpoint) }
    func checkpoint() async throws(LogError) -> Checkpoint? { try await base.checkpoint() }
    func forget(through position: UInt64) async throws(LogError) { try await base.forget(through: position) }
    func excess(over bytes: Int) async throws(LogError) -> UInt64? { try await base.excess(over: bytes) }
    func close() async { await base.close() }
}
