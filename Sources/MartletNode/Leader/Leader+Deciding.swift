import MartletCore

// From a command to its facts, and to what they mean for sessions and dispatch.
extension Leader {
    /// Decides and applies one command, at the time of the batch that it becomes part of. On a slow or a full disk that
    /// may be long ago: lengths of time count from when it was asked for.
    ///
    /// - Parameter asked: nil is now.
    func decide(_ command: Command, asked: Timestamp? = nil) throws(Refusal) -> Answer {
        let present = clock.now
        let now = batch.time ?? present
        let first = batch.events.count
        let answer = try partition.decide(command, at: now, asked: asked ?? present, into: &batch.events)
        guard batch.events.count > first else { return answer }
        batch.time = now
        for index in first..<batch.events.count {
            prepare(for: batch.events[index], isRevoking: command.endsOthersAttempts)
            partition.apply(batch.events[index], at: now)
        }
        wakeWriter()
        return answer
    }

    /// What a fact means for the sessions and for what to dispatch, before it changes the partition.
    ///
    /// - Parameter isRevoking: whether workers must be told of the attempts that end.
    private func prepare(for event: Event, isRevoking: Bool) {
        switch event {
        case .submitted(let submitted):
            batch.bytes += submitted.payload.count + Batch.bytesBesidePayload
            if submitted.due == nil { dispatcher.touch(submitted.job.queue) }
        case .completed(let completed):
            batch.bytes += completed.result.count + 64
            end(completed.job.id, isRevoking: isRevoking)
        case .failed(let failed):
            batch.bytes += failed.failure.message.utf8.count + 100
            end(failed.job.id, isRevoking: isRevoking)
        case .lost(let lost):
            end(lost.job.id, isRevoking: isRevoking)
            dispatcher.touch(lost.job.queue)
        case .released(let job, _, _):
            end(job.id, isRevoking: isRevoking)
            dispatcher.touch(job.queue)
        case .cancelled(let job, let from):
            if from == .running { end(job.id, isRevoking: isRevoking) }
        case .queued(let job, _), .redriven(let job):
            dispatcher.touch(job.queue)
        case .started(let started):
            sessions.took(1, started.lease.session)
        case .leaderStarted, .numbered, .extended:
            break
        }
    }

    /// An attempt is about to end: its session has room again.
    private func end(_ job: JobID, isRevoking: Bool) {
        dispatcher.touchWaiting()
        guard let lease = partition.lease(of: job), let session = sessions[lease.session] else { return }
        sessions.ended(lease.session)
        dispatcher.touch(session.queues)
        guard isRevoking, let connection = sessions.connection(of: lease.session) else { return }
        batch.effects.append(.revoke([AttemptID(job: job, token: lease.token)], from: connection))
    }
}

extension Command {
    /// Whether attempts may end by it that their workers did not end themselves.
    fileprivate var endsOthersAttempts: Bool {
        switch self {
        case .tick, .cancel, .lose: true
        default: false
        }
    }
}
