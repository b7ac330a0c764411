/// What workers say of the attempts that they hold.
extension Partition {
    func complete(
        _ attempt: AttemptID, with result: [UInt8], into events: inout [Event]
    ) throws(Refusal) -> Answer {
        let slot = try holder(of: attempt)
        guard result.count <= limits.payloadBytes else {
            throw .invalid(
                index: 0, field: "result",
                message: "\(result.count) bytes are over the limit of \(limits.payloadBytes)")
        }
        events.append(
            .completed(
                Event.Completed(
                    job: slab[slot].job.subject, attempt: slab[slot].job.attempt, token: attempt.token,
                    result: result)))
        return .done
    }

    func fail(
        _ attempt: AttemptID, _ failing: Command.Failing, at now: Timestamp, into events: inout [Event]
    ) throws(Refusal) -> Answer {
        let slot = try holder(of: attempt)
        if let wait = failing.retryAfter, !(.zero...limits.longestDuration).contains(wait) {
            let range = "within 0 and \(limits.longestDuration)"
            throw .invalid(index: 0, field: "retry_after", message: "it must be \(range)")
        }
        let code = failing.failure.code.isEmpty ? "error" : failing.failure.code
        try SpecRules(limits: limits, now: now, asked: now).check(name: code, field: "failure.code", at: 0)
        let message = failing.failure.message.cut(toBytes: limits.failureMessageBytes)
        let failed = failure(
            of: slot, attempt.token, Failure(code: code, message: message), isFinal: failing.isFinal,
            retryAfter: failing.retryAfter, seed: failing.seed, at: now)
        events.append(.failed(failed))
        return .failed(failed.due == nil ? .dead : .retrying, due: failed.due)
    }

    func release(_ attempt: AttemptID, into events: inout [Event]) throws(Refusal) -> Answer {
        let slot = try holder(of: attempt)
        events.append(
            .released(slab[slot].job.subject, attempt: slab[slot].job.attempt, token: attempt.token))
        return .done
    }

    func extend(
        _ attempt: AttemptID, by duration: Duration, at now: Timestamp, into events: inout [Event]
    ) throws(Refusal) -> Answer {
        let slot = try holder(of: attempt)
        try checkLease(duration)
        // Its session keeps it, for as long as it lives.
        guard slab[slot].job.lease?.until != nil else { return .extended(.distantFuture) }
        let until = now + duration
        events.append(.extended(slab[slot].job.subject, token: attempt.token, until: until))
        return .extended(until)
    }

    func lose(_ session: SessionID, except kept: [AttemptID], into events: inout [Event]) -> Answer {
        let kept = Set(kept)
        for slot in sessions.slots(of: session, in: slab) {
            guard let token = slab[slot].job.lease?.token else { continue }
            guard !kept.contains(AttemptID(job: slab[slot].job.subject.id, token: token)) else { continue }
            events.append(.lost(loss(of: slot, token)))
        }
        return .done
    }

    func failure(
        of slot: Int, _ token: FencingToken, _ failure: Failure, isFinal: Bool, retryAfter: Duration?, seed: UInt64,
        at now: Timestamp
    ) -> Event.Failed {
        let job = slab[slot].job
        let failures = job.failures + 1
        var due: Timestamp?
        if !isFinal, failures < job.retry.attempts {
            due = now + max(retryAfter ?? .zero, Backoff.wait(after: failures, policy: job.retry, seed: seed))
        }
        return Event.Failed(
            job: job.subject, attempt: job.attempt, token: token, failure: failure, failures: failures, due: due,
            seed: seed)
    }

    func loss(of slot: Int, _ token: FencingToken) -> Event.Lost {
        let losses = slab[slot].job.losses + 1
        return Event.Lost(
            job: slab[slot].job.subject, attempt: slab[slot].job.attempt, token: token, losses: losses,
            isQuarantined: losses >= limits.losses)
    }

    /// The slot of the job whose current attempt this is.
    private func holder(of attempt: AttemptID) throws(Refusal) -> Int {
        guard let slot = slab.slot(of: attempt.job) else { throw .unknownJob(attempt.job) }
        // The lease ended, and another worker may hold the job: this comes too late.
        guard slab[slot].job.lease?.token == attempt.token else { throw .staleAttempt(attempt) }
        return slot
    }
}

extension String {
    /// As many whole characters from the start as fit into `limit` bytes.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var bytes = 0
        var end = startIndex
        while end < endIndex {
            let next = index(after: end)
            bytes += utf8.distance(from: end, to: next)
            guard bytes <= limit else { break }
            end = next
        }
        return String(self[..<end])
    }
}
