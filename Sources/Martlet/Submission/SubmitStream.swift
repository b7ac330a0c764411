internal import GRPCCore
internal import Logging
internal import MartletWire
internal import NIOCore

/// Sends what a `Submitter` gathers over one stream at a time, and opens the next one when it breaks.
struct SubmitStream: Sendable {
    let submitter: Submitter
    let connection: Connection
    let logger: Logger

    /// Returns when the submitter is closed and nobody waits for an answer. Runs on the connection's loop.
    func run() async throws {
        let clock = connection.loop.scheduleRepeatedTask(
            initialDelay: .milliseconds(250), delay: .milliseconds(250)
        ) { [submitter] _ in
            submitter.expire(at: .now)
            if submitter.isFinished { submitter.bell.ring() }
        }
        defer { clock.cancel() }
        var backoff = Backoff()
        while !submitter.isFinished {
            guard !submitter.isIdle else {
                await submitter.bell.wait()
                try Task.checkCancellation()
                continue
            }
            let start = ContinuousClock.now
            let trouble = await stream()
            try Task.checkCancellation()
            guard !submitter.isFinished else { return }
            submitter.streamEnded(trouble)
            if isFinal(trouble) { submitter.abandon(trouble, isFinal: false) }
            if ContinuousClock.now - start > Backoff.maximum { backoff.reset() }
            let wait = backoff.next()
            logger.debug("The submit stream ended.", metadata: ["error": "\(trouble)", "retry.after": "\(wait)"])
            try await connection.pause(for: wait)
        }
    }

    /// Until the stream ends, one way or the other; says why.
    private func stream() async -> MartletError {
        do {
            try await connection.jobs.submitStream(options: Connection.options()) { writer in
                try await write(to: writer)
            } onResponse: { response in
                for try await answer in response.messages { submitter.answered(answer, at: .now) }
            }
            return MartletError(.unavailable, "the server ended the stream")
        } catch {
            return MartletError.translated(error) as? MartletError ?? MartletError(.cancelled, "\(error)")
        }
    }

    private func write(to writer: RPCWriter<Martlet_V1_SubmitRequest>) async throws {
        while true {
            switch submitter.next(at: .now) {
            case .write(let request):
                try await writer.write(request)
            case .wait(let instant):
                let timer = instant.map { instant in
                    connection.loop.scheduleTask(in: TimeAmount(instant - .now)) { submitter.bell.ring() }
                }
                await submitter.bell.wait()
                timer?.cancel()
            case .finish:
                // An answer that nobody waits for may take for ever: the stream is cut rather than closed.
                guard submitter.isIdle else { throw CancellationError() }
                return
            }
            try Task.checkCancellation()
        }
    }

    /// The server will say the same next time.
    private func isFinal(_ trouble: MartletError) -> Bool {
        trouble.code == .invalidArgument
    }
}
