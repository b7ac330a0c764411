import MartletCore
import MartletView

// What workers say of the attempts that they hold.
extension Leader {
    /// The outcomes of one report; the session hears of them once they are durable.
    func report(_ number: UInt64, _ outcomes: [AttemptOutcome], from connection: SessionConnection) async {
        guard sessions.isCurrent(connection) else { return }
        sessions.heard(connection.session, at: clock.now)
        guard await hasRoom(for: connection) else { return }
        var refused: [RefusedOutcome] = []
        for outcome in outcomes {
            do {
                _ = try decide(command(for: outcome))
            } catch {
                refused.append(RefusedOutcome(attempt: outcome.attempt, error: .refused(error)))
            }
        }
        if !refused.isEmpty { await refine(&refused, for: connection) }
        batch.effects.append(.settle(number, refused: refused, to: connection))
        wakeWriter()
    }

    func extend(_ attempt: AttemptID, by duration: Duration) async throws(NodeError) -> Timestamp {
        guard case .extended(let until) = try await settle(.extend(attempt, duration: duration), of: attempt) else {
            return clock.now
        }
        return until
    }

    func complete(_ attempt: AttemptID, result: [UInt8]) async throws(NodeError) {
        _ = try await settle(.complete(attempt, result: result), of: attempt)
    }

    func fail(
        _ attempt: AttemptID, _ failure: Failure, isFinal: Bool, retryAfter: Duration?
    ) async throws(NodeError) -> (state: JobState, due: Timestamp?) {
        let failing = Command.Failing(
            failure: failure, isFinal: isFinal, retryAfter: retryAfter, seed: random.next())
        guard case .failed(let state, let due) = try await settle(.fail(attempt, failing), of: attempt) else {
            return (.retrying, nil)
        }
        return (state, due)
    }

    func release(_ attempt: AttemptID) async throws(NodeError) {
        _ = try await settle(.release(attempt), of: attempt)
    }

    private func settle(_ command: Command, of attempt: AttemptID) async throws(NodeError) -> Answer {
        guard phase == .leading || phase == .draining else {
            try requireLeading()
            return .done
        }
        while isFull { try await committed() }
        let answer: Answer
        do {
            answer = try decide(command, asked: clock.now + (command.isExtension ? writing : .zero))
        } catch {
            try await committed()
            throw await refined(.refused(error), of: attempt)
        }
        try await committed()
        return answer
    }

    /// As much is unwritten as may be: an entry must fit into a row of the log, and memory is not endless.
    private var isFull: Bool { batch.bytes >= configuration.pendingBytes }

    /// Waits until an outcome may be decided.
    ///
    /// - Returns: false when nobody waits for the answer any more.
    private func hasRoom(for connection: SessionConnection) async -> Bool {
        guard isFull else { return true }
        sessions.beginWait(connection.session)
        defer { sessions.endWait(connection.session, at: clock.now) }
        while isFull {
            // It throws when the leader has stopped, and then all sessions are told.
            do { try await committed() } catch { return false }
        }
        return sessions.isCurrent(connection)
    }

    private func command(for outcome: AttemptOutcome) -> Command {
        switch outcome.ending {
        case .completed(let result):
            .complete(outcome.attempt, result: result)
        case .failed(let failure, let isFinal, let retryAfter):
            .fail(
                outcome.attempt,
                Command.Failing(failure: failure, isFinal: isFinal, retryAfter: retryAfter, seed: random.next()))
        case .released:
            .release(outcome.attempt)
        }
    }

    /// Looks up what the refusals mean, which takes its time with each.
    private func refine(_ refused: inout [RefusedOutcome], for connection: SessionConnection) async {
        sessions.beginWait(connection.session)
        defer { sessions.endWait(connection.session, at: clock.now) }
        // It throws when the leader has stopped, and then all sessions are told.
        do { try await committed() } catch { return }
        for index in refused.indices {
            refused[index].error = await refined(refused[index].error, of: refused[index].attempt)
        }
    }

    /// What a refusal means for a worker: did somebody else take the job, is the report a repetition of one that
    /// was accepted, or was there never such a job? What ended it may be part of the batch that gathers now, even of the
    /// same report: that is committed before.
    private func refined(_ error: NodeError, of attempt: AttemptID) async -> NodeError {
        switch error {
        case .refused(.unknownJob), .refused(.staleAttempt): break
        default: return error
        }
        metrics.staleReports += 1
        do {
            return try await wasSettled(attempt) ? .alreadySettled(attempt) : .refused(.staleAttempt(attempt))
        } catch {
            return error
        }
    }

    /// Whether the attempt ended by its worker's own report, and not by a lost lease or a time-out.
    private func wasSettled(_ attempt: AttemptID) async throws(NodeError) -> Bool {
        let record = try await job(attempt.job)
        guard record.job.lease == nil, record.lastToken == attempt.token else { return false }
        if record.job.state == .succeeded { return true }
        let history = try await reading { view async throws(ViewError) in try await view.history(of: attempt.job) }
        // A newer attempt may have begun and ended meanwhile: then the last ending is its own.
        guard try await job(attempt.job).lastToken == attempt.token else { return false }
        let ending = history?.last { ["completed", "failed", "lost", "released", "cancelled"].contains($0.event) }
        switch ending?.event {
        case "completed", "released": return true
        case "failed": return ending?.failure != .timeout
        default: return false
        }
    }
}

extension Command {
    fileprivate var isExtension: Bool {
        if case .extend = self { true } else { false }
    }
}
