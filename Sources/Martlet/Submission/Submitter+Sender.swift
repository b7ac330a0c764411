internal import MartletWire
internal import Synchronization

// What the sender asks and tells.
extension Submitter {
    enum Step {
        case write(Martlet_V1_SubmitRequest)
        case wait(until: ContinuousClock.Instant?)
        case finish
    }

    /// What the sender does now.
    func next(at now: ContinuousClock.Instant) -> Step {
        state.withLock { state in
            if state.isFinished { return .finish }
            if let request = state.ledger.next(at: now) { return .write(request) }
            return .wait(until: state.ledger.pausedUntil)
        }
    }

    /// Nothing is to be sent or awaited.
    var isIdle: Bool { state.withLock { $0.ledger.isEmpty } }

    /// Callers that wait for an answer.
    var waiting: Int { state.withLock { $0.callers.count } }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    func answered(_ response: Martlet_V1_SubmitResponse, at now: ContinuousClock.Instant) {
        settle { state in
            state.lastTrouble = nil
            guard response.hasRefusal else {
                return state.ledger.accepted(response.sequence, ids: response.jobIds)
            }
            return state.ledger.refused(response.sequence, MartletError(response.refusal), at: now)
        }
        bell.ring()
    }

    /// The stream is gone; what it did not answer is written again on the next.
    func streamEnded(_ trouble: MartletError) {
        state.withLock { state in
            state.lastTrouble = trouble
            state.ledger.streamEnded()
        }
    }

    /// Gives up what waited longer than its caller's patience.
    func expire(at now: ContinuousClock.Instant) {
        settle { $0.ledger.expire(at: now, last: $0.lastTrouble) }
    }

    /// Takes nothing more; what was taken is still sent.
    func close() {
        let turnedAway = state.withLock { state in
            if state.end == nil { state.end = MartletError(.unavailable, "the client is shutting down") }
            return state.emptyLine()
        }
        for (caller, error) in turnedAway { caller.resume(throwing: error) }
        bell.ring()
    }

    /// Answers whoever still waits: nothing is sent from here on. With `isFinal` nothing more is taken either.
    func abandon(_ error: MartletError, isFinal: Bool) {
        if isFinal { close() }
        settle { $0.ledger.abandon(error) }
    }

    /// Answers the callers outside of the lock.
    private func settle(_ decide: (inout State) -> [SubmissionLedger.Settlement]) {
        let (answers, admitted) = state.withLock { state in
            var answers: [(Caller, Result<[String], MartletError>)] = []
            var admitted: [CheckedContinuation<Void, any Error>] = []
            for settlement in decide(&state) {
                // Without a caller: it was cancelled meanwhile.
                guard let caller = state.callers.removeValue(forKey: settlement.ticket) else { continue }
                answers.append((caller, settlement.outcome))
                admitted += state.admit(state.room.leave(jobs: caller.jobs, bytes: caller.bytes))
            }
            return (answers, admitted)
        }
        for (caller, outcome) in answers { caller.continuation.resume(with: outcome.mapError { $0 }) }
        for other in admitted { other.resume() }
    }
}

extension Submitter.State {
    /// Nothing more is taken, and nobody waits for an answer. Every parcel that is wanted has a caller: what is left in
    /// the ledger then was cancelled or given up, and a server that is gone may never answer it.
    var isFinished: Bool { end != nil && callers.isEmpty }

    mutating func admit(_ tickets: [Int]) -> [CheckedContinuation<Void, any Error>] {
        tickets.compactMap { inLine.removeValue(forKey: $0) }
    }

    mutating func emptyLine() -> [(CheckedContinuation<Void, any Error>, MartletError)] {
        guard let end else { return [] }
        defer { inLine = [:] }
        for ticket in inLine.keys { _ = room.giveUp(ticket) }
        return inLine.values.map { ($0, end) }
    }
}
