import Logging
import MartletCore
import MartletWire
import NIOCore

extension Leader {
    /// How many concurrencies a worker may hold: what it reported and does not know to be settled, and as much that it
    /// was given in its place.
    private static let concurrenciesHeld = 2

    /// Opens a session, or connects a known one anew: attempts that it does not hold (any more) go back.
    func open(
        _ opening: SessionOpening, sink: @escaping @Sendable (SessionMessage) -> Void
    ) async throws(NodeError) -> SessionConnection {
        try requireLeading()
        try check(opening)
        let now = clock.now
        let known = opening.resuming.flatMap { sessions[$0]?.id }
        let id = known ?? SessionID(high: random.next(), low: random.next())
        if let known = sessions[id] { dispatcher.unsubscribe(.session(id), from: known.queues) }
        let (connection, replaced) = sessions.connect(id, opening, at: now, sink: sink)
        replaced?(.ended)
        reconcile(connection, holding: Set(opening.held))
        // What was decided for the connection before must not reach this one before it has heard of it.
        sessions.beginWait(id)
        defer { sessions.endWait(id, at: clock.now) }
        try await committed()
        guard sessions.isCurrent(connection) else {
            throw .unavailable(reason: "the session is over, or another connection has it")
        }
        dispatcher.subscribe(.session(id), to: opening.queues)
        watch(id)
        wakeWriter()
        return connection
    }

    private func check(_ opening: SessionOpening) throws(NodeError) {
        guard sessions.count < configuration.sessions || opening.resuming.flatMap({ sessions[$0] }) != nil else {
            throw exhausted("sessions", configuration.sessions, .seconds(5))
        }
        try checkQueues(opening.queues)
        guard (1...configuration.concurrency).contains(opening.concurrency) else {
            throw .invalid(field: "concurrency", message: "must be from 1 to \(configuration.concurrency)")
        }
        guard opening.name.utf8.count <= configuration.limits.nameBytes else {
            throw .invalid(field: "name", message: "must be at most \(configuration.limits.nameBytes) bytes")
        }
        // Not by its own concurrency: that of its last connection may have been larger.
        let mostHeld = Self.concurrenciesHeld * configuration.concurrency
        guard opening.held.count <= mostHeld else {
            throw .invalid(field: "held", message: "must be at most \(mostHeld) attempts")
        }
    }

    func checkQueues(_ queues: [String]) throws(NodeError) {
        guard (1...configuration.queuesPerSession).contains(queues.count) else {
            throw .invalid(field: "queues", message: "must be from 1 to \(configuration.queuesPerSession) queues")
        }
        for (index, queue) in queues.enumerated() where !NameRule.allows(queue, limit: configuration.limits.nameBytes) {
            throw .invalid(
                field: "queues[\(index)]",
                message: "must be 1 to \(configuration.limits.nameBytes) bytes of [A-Za-z0-9._:/-]")
        }
    }

    /// The worker and the partition may differ on what the session holds. What the worker never received is
    /// released: it did not fail. What is no longer the worker's is revoked.
    private func reconcile(_ connection: SessionConnection, holding held: Set<AttemptID>) {
        let running = partition.runningJobs(of: connection.session)
        for attempt in running where !held.contains(attempt) {
            do {
                _ = try decide(.release(attempt))
            } catch {
                logger.error("a release was refused", metadata: ["refusal": "\(error)"])
            }
        }
        let gone = held.subtracting(running).sorted { $0.token < $1.token }
        guard !gone.isEmpty else { return }
        batch.effects.append(.revoke(gone, from: connection))
        wakeWriter()
    }

    func heartbeat(_ connection: SessionConnection) {
        guard sessions.isCurrent(connection) else { return }
        sessions.heard(connection.session, at: clock.now)
    }

    func drain(_ connection: SessionConnection) {
        guard sessions.isCurrent(connection) else { return }
        sessions.heard(connection.session, at: clock.now)
        sessions.drain(connection.session)
    }

    /// The stream has ended: the grace begins, unless nothing is left that it could be for.
    func disconnect(_ connection: SessionConnection) {
        guard sessions.isCurrent(connection), let session = sessions[connection.session] else { return }
        sessions.disconnect(connection.session, at: clock.now)
        if session.running == 0 { forget(connection.session) }
    }

    /// The sessions that the log knows from before a restart: their workers have the grace to come back.
    func expectSessions() {
        for (session, running) in partition.sessionsHeldOpen {
            sessions.expect(session, running: running, at: clock.now)
            watch(session)
        }
    }

    /// Looks again when the session's grace would be over, if it stayed silent until then.
    private func watch(_ id: SessionID) {
        guard let session = sessions.beginWatch(id) else { return }
        let silence = clock.now - session.lastSeenAt
        executor.loop.scheduleTask(in: TimeAmount(configuration.sessionGrace - silence)) { [weak self] in
            self?.assumeIsolated { $0.look(at: id) }
        }
    }

    private func look(at id: SessionID) {
        // Whoever comes next has sessions of its own.
        if case .stopped = phase { return }
        noticeStandstill()
        sessions.endWatch(id)
        guard let session = sessions.seen(id, at: clock.now) else { return }
        guard clock.now - session.lastSeenAt >= configuration.sessionGrace else { return watch(id) }
        logger.warning(
            "a worker vanished",
            metadata: ["session.id": "\(id)", "worker": "\(session.name)", "running": "\(session.running)"])
        do {
            _ = try decide(.lose(id, except: []))
        } catch {
            logger.error("a loss was refused", metadata: ["refusal": "\(error)"])
        }
        session.sink?(.ended)
        forget(id)
    }

    private func forget(_ id: SessionID) {
        guard let session = sessions.remove(id) else { return }
        dispatcher.unsubscribe(.session(id), from: session.queues)
    }
}
