internal import MartletWire
internal import Synchronization

/// Hands the jobs of many callers to the sender, and the server's answers back to each.
final class Submitter: Sendable {
    typealias Spec = Martlet_V1_JobSpec

    struct Caller {
        var continuation: CheckedContinuation<[String], any Error>
        var jobs: Int
        var bytes: Int
    }

    struct State {
        var ledger: SubmissionLedger
        var room: Room
        var inLine: [Int: CheckedContinuation<Void, any Error>] = [:]
        var callers: [Int: Caller] = [:]
        /// Why nothing more is taken.
        var end: MartletError?
        var lastTrouble: MartletError?
    }

    static let jobsPerRequest = 10_000
    static let bytesPerRequest = 8 << 20

    let bell = Doorbell()
    private let patience: Duration
    let state: Mutex<State>
    private let tickets = Atomic<Int>(0)

    init(patience: Duration, makeClientID: @escaping @Sendable () -> String) {
        self.patience = patience
        state = Mutex(
            State(
                ledger: SubmissionLedger(makeClientID: makeClientID), room: Room(jobs: 1 << 16, bytes: 64 << 20)))
    }

    /// The ids of the jobs that `encode` makes, once they are durable. Waits for room before it encodes.
    func submit(_ count: Int, _ encode: () throws -> [Spec]) async throws -> [String] {
        guard count <= Self.jobsPerRequest else {
            throw MartletError(
                .invalidArgument, "\(count) jobs in one submission; the limit is \(Self.jobsPerRequest)", field: "jobs")
        }
        let ticket = tickets.wrappingAdd(1, ordering: .relaxed).newValue
        try await enter(ticket, count)
        let specs: [Spec]
        let bytes: Int
        do {
            specs = try encode()
            bytes = specs.reduce(0) { $0 + $1.boundOfBytes }
            guard bytes <= Self.bytesPerRequest else {
                throw MartletError(
                    .invalidArgument, "\(bytes) bytes in one submission; the limit is \(Self.bytesPerRequest)",
                    field: "jobs")
            }
        } catch {
            leave(count, 0)
            throw error
        }
        return try await answer(ticket, specs, bytes)
    }

    private func enter(_ ticket: Int, _ count: Int) async throws {
        let isIn = try state.withLock { state in
            if let end = state.end { throw end }
            return state.room.enter(jobs: count)
        }
        guard !isIn else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = state.withLock { state -> Result<Void, any Error>? in
                    if let end = state.end { return .failure(end) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.room.enter(jobs: count) { return .success(()) }
                    state.room.queue(ticket, jobs: count)
                    state.inLine[ticket] = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            let (waiting, admitted) = state.withLock { state in
                let waiting = state.inLine.removeValue(forKey: ticket)
                return (waiting, state.admit(state.room.giveUp(ticket)))
            }
            waiting?.resume(throwing: CancellationError())
            for other in admitted { other.resume() }
        }
    }

    private func answer(_ ticket: Int, _ specs: [Spec], _ bytes: Int) async throws -> [String] {
        let parcel = SubmissionLedger.Parcel(
            ticket: ticket, specs: specs, bytes: bytes, deadline: ContinuousClock.now + patience)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal = state.withLock { state -> (any Error)? in
                    if let end = state.end { return end }
                    if Task.isCancelled { return CancellationError() }
                    state.callers[ticket] = Caller(continuation: continuation, jobs: specs.count, bytes: bytes)
                    state.room.hold(bytes: bytes)
                    state.ledger.gather(parcel)
                    return nil
                }
                if let refusal {
                    leave(specs.count, 0)
                    continuation.resume(throwing: refusal)
                } else {
                    bell.ring()
                }
            }
        } onCancel: {
            let (caller, admitted) = state.withLock { state -> (Caller?, [CheckedContinuation<Void, any Error>]) in
                guard let caller = state.callers.removeValue(forKey: ticket) else { return (nil, []) }
                state.ledger.withdraw(ticket)
                return (caller, state.admit(state.room.leave(jobs: caller.jobs, bytes: caller.bytes)))
            }
            caller?.continuation.resume(throwing: CancellationError())
            for other in admitted { other.resume() }
        }
    }

    private func leave(_ jobs: Int, _ bytes: Int) {
        let admitted = state.withLock { $0.admit($0.room.leave(jobs: jobs, bytes: bytes)) }
        for other in admitted { other.resume() }
    }
}
