import MartletLog
import Synchronization

/// A log in memory whose appends do what the test says: wait, fail, be full, or lose their answer.
final class ScriptedLog: EventLog, ReservedSpace {
    enum Step: Sendable {
        /// Written, but the answer is lost.
        case writtenThenUnknown
        /// Not written, and the answer is lost.
        case lostThenUnknown
        /// Another leader takes the position first.
        case overtaken
        case full
        /// The engine has stopped for good.
        case stopped
    }

    private struct State {
        var steps: [Step] = []
        var isGateClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals: [CheckedContinuation<Void, Never>] = []
        var hasReserve = true
        var canRestore = false
        var beforeHead: (@Sendable () async -> Void)?

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            defer { waiting = [] }
            return waiting
        }

        mutating func takeReserve() -> Bool {
            defer { hasReserve = false }
            return hasReserve
        }
    }

    let base: any EventLog
    private let state = Mutex(State())

    init(_ base: any EventLog = InMemoryLog(partition: 0, incarnation: LogIncarnation(high: 1, low: 2))) {
        self.base = base
    }

    /// The next appends go this way, one each.
    func script(_ steps: Step...) { state.withLock { $0.steps = steps } }

    /// Appends wait until the gate is opened.
    func closeGate() { state.withLock { $0.isGateClosed = true } }

    func openGate() {
        let waiting = state.withLock {
            $0.isGateClosed = false
            return $0.takeWaiting()
        }
        waiting.forEach { $0.resume() }
    }

    /// Returns once an append waits at the gate.
    func appendArrives() async {
        await withCheckedContinuation { arrival in
            let isThere = state.withLock {
                if $0.waiting.isEmpty { $0.arrivals.append(arrival) }
                return !$0.waiting.isEmpty
            }
            if isThere { arrival.resume() }
        }
    }

    /// Runs whenever the end of the log is asked for, before the answer.
    func beforeHead(_ body: @escaping @Sendable () async -> Void) { state.withLock { $0.beforeHead = body } }

    func makeRoom() { state.withLock { $0.canRestore = true } }

    var incarnation: LogIncarnation { base.incarnation }
    func head() async throws(LogError) -> LogHead {
        await state.withLock { $0.beforeHead }?()
        return try await base.head()
    }
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        try await base.read(from: position, bytes: bytes)
    }
    func keep(_ checkpoint: Checkpoint) async throws(LogError) { try await base.keep(checkpoint) }
    func checkpoint() async throws(LogError) -> Checkpoint? { try await base.checkpoint() }
    func forget(through position: UInt64) async throws(LogError) { try await base.forget(through: position) }
    func excess(over bytes: Int) async throws(LogError) -> UInt64? { try await base.excess(over: bytes) }
    func close() async { await base.close() }

    func append(_ entry: Entry) async -> AppendOutcome {
        await withCheckedContinuation { continuation in
            let (waits, arrivals) = state.withLock { state in
                guard state.isGateClosed else { return (false, [CheckedContinuation<Void, Never>]()) }
                state.waiting.append(continuation)
                defer { state.arrivals = [] }
                return (true, state.arrivals)
            }
            arrivals.forEach { $0.resume() }
            if !waits { continuation.resume() }
        }
        let step = state.withLock { $0.steps.isEmpty ? nil : $0.steps.removeFirst() }
        switch step {
        case nil: return await base.append(entry)
        case .writtenThenUnknown:
            _ = await base.append(entry)
            return .unknown(.engine("the answer was lost"))
        case .lostThenUnknown: return .unknown(.engine("the request was lost"))
        case .overtaken:
            var header = entry.header
            header.nonce &+= 1
            header.epoch += 1
            _ = await base.append(Entry(header: header, body: []))
            return await base.append(entry)
        case .full: return .full
        case .stopped: return .unknown(.stopped("a write failed"))
        }
    }

    func releaseReserve() async -> Bool {
        state.withLock { $0.takeReserve() }
    }

    func restoreReserve() async -> Bool {
        state.withLock {
            if $0.canRestore { $0.hasReserve = true }
            return $0.hasReserve && $0.canRestore
        }
    }
}
