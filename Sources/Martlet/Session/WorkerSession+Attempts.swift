internal import Logging
internal import MartletWire
internal import NIOCore
internal import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// Handlers, from their attempt's arrival to its outcome. Called on the connection's loop, but for `run` and `ended`.
extension WorkerSession {
    /// Starts a handler for each attempt.
    ///
    /// Each is an unstructured task on the global pool, since one attempt can be cancelled without the others, and
    /// since a handler that ignores its cancellation must not keep the worker from ending. The state knows every one
    /// of them, and `run` cancels those that are left.
    func received(_ attempts: [Martlet_V1_Attempt]) {
        let fresh = shell.withLock { shell in
            let fresh = shell.session.received(attempts, at: .now())
            shell.live += fresh.count
            return fresh
        }
        if fresh.count < attempts.count { outbox.ring() }
        guard !fresh.isEmpty else { return }
        var started: [(State.Key, Run)] = []
        started.reserveCapacity(fresh.count)
        for attempt in fresh {
            started.append((State.Key(attempt), Task { await self.run(attempt) }))
        }
        let isStopping = shell.withLock { shell in
            for (key, run) in started { shell.session.started(key, run) }
            return shell.isStopping
        }
        // Cancelled while they were being started.
        if isStopping { for (_, run) in started { run.cancel() } }
        if let shortest = fresh.lazy.filter(\.hasTimeout).map({ Duration($0.timeout) }).min() {
            armTimer(for: .now() + TimeAmount(shortest))
        }
    }

    private nonisolated(nonsending) func run(_ attempt: Martlet_V1_Attempt) async {
        let key = State.Key(attempt)
        guard let handler = handlers[attempt.kind] else {
            let message = "this worker has no handler for the kind \(attempt.kind)"
            return ended(.failed(key, code: "no-handler", message: message))
        }
        do {
            let result = try await handler(attempt.payload, AttemptContext(attempt, logger: logger))
            ended(.completed(key, result: result))
        } catch is CancellationError where shell.withLock({ $0.isStopping }) {
            ended(.released(key))
        } catch {
            ended(.thrown(error, key))
        }
    }

    private func ended(_ outcome: Martlet_V1_Outcome) {
        let isLast = shell.withLock { shell in
            shell.live -= 1
            shell.session.ended(outcome)
            return shell.live == 0 && shell.session.phase != .working
        }
        outbox.ring()
        if isLast { progress.ring() }
    }

    func revoked(_ attempts: [Martlet_V1_Held]) {
        let runs = shell.withLock { $0.session.revoked(attempts) }
        for run in runs { run.cancel() }
        logger.debug("Attempts were revoked.", metadata: ["attempts": "\(attempts.count)"])
    }

    func settled(_ message: Martlet_V1_Settled) {
        let (refused, isLast, isMore) = shell.withLock { shell in
            let refused = shell.session.settled(message)
            let isLast = shell.session.unsettled == 0 && (shell.session.phase != .working || shell.session.isLeaving)
            return (refused, isLast, !shell.session.pending.isEmpty)
        }
        for (outcome, refusal) in refused {
            let isLate = Martlet_V1_Outcome.lateReasons.contains(refusal.reason)
            logger.log(
                level: isLate ? .info : .error, "The server refused an outcome.",
                metadata: [
                    "job.id": "\(outcome.jobID)", "reason": "\(refusal.reason)", "message": "\(refusal.message)",
                ])
        }
        if isMore { outbox.ring() }
        if isLast {
            progress.ring()
            outbox.ring()
        }
    }

    /// The server ended the stream over a message that it could not read. One outcome must not end the worker, nor be
    /// sent for ever. Returns whether the next stream brings the search for it further.
    func blamed(_ trouble: MartletError) -> Bool {
        let (found, isSearching) = shell.withLock { shell in
            (shell.session.blamed(trouble.message), shell.session.search != nil)
        }
        guard let found else { return isSearching }
        logger.error(
            "The server could not read an outcome.",
            metadata: ["job.id": "\(found.jobID)", "error": "\(trouble)"])
        progress.ring()
        return true
    }

    /// At most one timer, for the attempt that is due first; it fires every 10 ms at most, since it looks at all.
    private func armTimer(for deadline: NIODeadline) {
        shell.withLock { shell in
            let at = max(deadline, .now() + .milliseconds(10))
            if let timer = shell.timer {
                guard at < timer.at else { return }
                timer.scheduled.cancel()
            }
            let scheduled = connection.loop.scheduleTask(deadline: at) { [weak self] () -> Void in self?.timerFired() }
            shell.timer = (at, scheduled)
        }
    }

    private func timerFired() {
        let (late, next) = shell.withLock { shell in
            shell.timer = nil
            return (shell.session.expire(at: .now()), shell.session.nextDeadline)
        }
        for run in late { run.cancel() }
        outbox.ring()
        if let next { armTimer(for: next) }
    }
}

extension AttemptContext {
    init(_ attempt: Martlet_V1_Attempt, logger: Logger) {
        self.init(
            jobID: attempt.jobID, kind: attempt.kind, queue: attempt.queue, attempt: Int(attempt.attempt),
            timeout: attempt.hasTimeout ? Duration(attempt.timeout) : nil,
            traceparent: attempt.traceparent.nonEmpty, submittedAt: Date(attempt.submittedAt), logger: logger)
    }
}
