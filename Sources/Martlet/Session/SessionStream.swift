internal import GRPCCore
internal import Logging
internal import MartletWire
internal import NIOCore
internal import Synchronization

/// Carries a session's messages over one stream at a time, and opens the next one when it breaks.
struct SessionStream: Sendable {
    let session: WorkerSession

    /// Returns when the session is drained. Throws if cancelled, or if the server will not have this worker. Runs on
    /// the connection's loop.
    func run() async throws {
        var backoff = Backoff()
        while true {
            let start = ContinuousClock.now
            let trouble = await stream()
            try Task.checkCancellation()
            let (isOver, wasOpen) = session.shell.withLock { shell in
                (shell.session.phase == .closing && shell.session.unsettled == 0, shell.session.isOpen)
            }
            if isOver { return }
            if let trouble, trouble.code == .invalidArgument {
                // Before the session is open it is this worker that the server will not have; later, one message of it.
                guard wasOpen else { throw trouble }
                // Each step of the search takes a stream; whoever is shutting down has not the time to wait for them.
                if session.blamed(trouble) { backoff.reset() }
            }
            if ContinuousClock.now - start > Backoff.maximum { backoff.reset() }
            let wait = backoff.next()
            session.logger.notice(
                "The session's connection is lost.",
                metadata: ["error": "\(trouble?.description ?? "closed by the server")", "retry.after": "\(wait)"])
            try await session.connection.pause(for: wait)
        }
    }

    /// Until the stream ends, one way or the other; nil if nothing went wrong.
    private func stream() async -> MartletError? {
        let identity = session.identity
        let open = session.shell.withLock {
            $0.session.open(name: identity.name, queues: identity.queues, concurrency: identity.concurrency)
        }
        do {
            try await session.connection.work.session(options: Connection.options()) { writer in
                try await write(to: writer, opening: open)
            } onResponse: { response in
                try await read(response.messages)
            }
            return nil
        } catch {
            return MartletError.translated(error) as? MartletError
        }
    }

    private func write(to writer: RPCWriter<Martlet_V1_WorkerMessage>, opening: Martlet_V1_Open) async throws {
        var first = Martlet_V1_WorkerMessage()
        first.open = opening
        try await writer.write(first)
        while true {
            switch session.shell.withLock({ $0.session.next() }) {
            case .send(let message): try await writer.write(message)
            case .wait: await session.outbox.wait()
            case .close: return
            }
            try Task.checkCancellation()
        }
    }

    private func read(_ messages: RPCAsyncSequence<Martlet_V1_ServerMessage, any Error>) async throws {
        var heartbeat: RepeatedTask?
        defer { heartbeat?.cancel() }
        for try await message in messages {
            switch message.message {
            case .attempts(let message): session.received(message.attempts)
            case .settled(let message): session.settled(message)
            case .revoked(let message): session.revoked(message.attempts)
            case .opened(let message):
                opened(message)
                heartbeat?.cancel()
                heartbeat = beat(every: Duration(message.heartbeatInterval))
            case .goodbye:
                session.shell.withLock { $0.session.leave() }
                session.outbox.ring()
            case nil:
                // A message of a newer server, which an older worker may not know.
                continue
            }
        }
    }

    private func opened(_ message: Martlet_V1_Opened) {
        let isSame = session.shell.withLock { $0.session.opened(message.sessionID) }
        session.outbox.ring()
        if isSame {
            session.logger.debug("The session is open.", metadata: ["session.id": "\(message.sessionID)"])
        } else {
            session.logger.notice(
                "The session was lost; this is a new one.", metadata: ["session.id": "\(message.sessionID)"])
        }
    }

    /// By the loop's own timer: a `Task.sleep` would need a free thread of the global pool.
    private func beat(every interval: Duration) -> RepeatedTask? {
        guard interval > .zero else { return nil }
        let quarter = TimeAmount(interval / 4)
        let silence = NIOLoopBoundBox(0, eventLoop: session.connection.loop)
        return session.connection.loop.scheduleRepeatedTask(initialDelay: quarter, delay: quarter) { [session] _ in
            if session.shell.withLock({ $0.session.tick(&silence.value) }) { session.outbox.ring() }
        }
    }
}
