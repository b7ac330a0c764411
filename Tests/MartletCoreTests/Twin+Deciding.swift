import MartletCore

/// How the twin decides. It is told what the partition cannot know: which jobs are hot, and how far the hot
/// part of a queue reached.
extension Twin {
    struct Hot {
        var contains: (JobID) -> Bool
        var reach: Int
    }

    func decide(_ command: Command, at now: Timestamp, hot: Hot) -> Result<[Event], Refusal> {
        switch command {
        case .lead(let epoch): return .success([.leaderStarted(epoch: epoch)])
        case .submit(let submission): return submit(submission, at: now)
        case .start(let order): return .success(start(order, at: now, reach: hot.reach))
        case .complete(let attempt, let result):
            return holding(attempt, hot) { job in
                [
                    .completed(
                        Event.Completed(job: job.subject, attempt: job.attempt, token: attempt.token, result: result))
                ]
            }
        case .release(let attempt):
            return holding(attempt, hot) { [.released($0.subject, attempt: $0.attempt, token: attempt.token)] }
        case .extend(let attempt, let duration):
            return holding(attempt, hot) { job in
                guard job.lease?.until != nil else { return [] }
                return [.extended(job.subject, token: attempt.token, until: now + duration)]
            }
        case .fail(let attempt, let failing):
            return holding(attempt, hot) { job in
                [fail(job, failing.failure, failing.isFinal, failing.retryAfter, failing.seed, now)]
            }
        case .lose(let session, let kept):
            let lost = running(in: session).filter { job in
                !kept.contains { $0.job == job.subject.id && $0.token == job.lease?.token }
            }
            return .success(lost.map(lose))
        case .cancel(let id):
            guard let job = job(id), hot.contains(id) else { return .failure(.unknownJob(id)) }
            guard !job.state.isFinal else { return .failure(.wrongState(id, job.state)) }
            return .success([.cancelled(job.subject, from: job.state)])
        case .redrive(let id):
            guard let job = job(id), hot.contains(id) else { return .failure(.unknownJob(id)) }
            guard job.state == .dead else { return .failure(.wrongState(id, job.state)) }
            return .success([.redriven(job.subject)])
        case .tick(let seed, let limit): return .success(tick(seed, limit, now, hot))
        }
    }

    private func holding(
        _ attempt: AttemptID, _ hot: Hot, _ events: (Job) -> [Event]
    ) -> Result<[Event], Refusal> {
        guard let job = job(attempt.job), hot.contains(attempt.job) else {
            return .failure(.unknownJob(attempt.job))
        }
        guard job.lease?.token == attempt.token else { return .failure(.staleAttempt(attempt)) }
        return .success(events(job))
    }

    private func submit(_ submission: Command.Submission, at now: Timestamp) -> Result<[Event], Refusal> {
        if let stamp = submission.stamp {
            let client = clients.first { $0.client == stamp.client }
            if let earlier = client?.submissions.first(where: { $0.sequence == stamp.sequence }) {
                let latest = earlier.time + limits.idempotencyWindow
                let known = keys.filter { $0.expires > now && $0.expires <= latest }.map(\.idempotency.key)
                let isKnown = submission.jobs.compactMap(\.idempotencyKey).allSatisfy(known.contains)
                guard earlier.count == submission.jobs.count || isKnown else {
                    return .failure(.forgottenSubmission(stamp))
                }
                return .success([])
            }
            let isFull = client.map { $0.submissions.count == limits.submissionsInFlight } ?? false
            let isOld = isFull && stamp.sequence < client?.submissions.first?.sequence ?? 0
            let isUnknown = client == nil && stamp.sequence > UInt64(limits.submissionsInFlight)
            if isOld || isUnknown { return .failure(.forgottenSubmission(stamp)) }
        }
        var events: [Event] = []
        var used: [RememberedKey] = keys.filter { $0.expires > now }
        for (index, spec) in submission.jobs.enumerated() {
            let id = JobID(at: now, seed: submission.seed, index: index)
            // The test's requests with one key differ in nothing but their kind.
            let fingerprint = SplitMix64.mix(UInt64(spec.kind.utf8.count))
            if let key = spec.idempotencyKey {
                if let known = used.first(where: { $0.idempotency.key == key }) {
                    let kind = job(known.job)?.kind ?? spec.kind
                    guard kind == spec.kind else {
                        return .failure(.idempotencyConflict(index: index, key: key, job: known.job))
                    }
                    continue
                }
                used.append(
                    RememberedKey(idempotency: Idempotency(key: key, fingerprint: fingerprint), job: id, expires: now))
            }
            var due: Timestamp?
            if case .after(let delay) = spec.start { due = now + delay }
            events.append(
                .submitted(
                    Event.Submitted(
                        job: Subject(id: id, number: nextNumber + UInt64(events.count), queue: spec.queue),
                        kind: spec.kind, payload: spec.payload, priority: spec.priority, due: due,
                        timeout: spec.timeout, retry: spec.retry,
                        idempotency: spec.idempotencyKey.map { Idempotency(key: $0, fingerprint: 0) },
                        traceparent: nil)))
        }
        guard let stamp = submission.stamp else { return .success(events) }
        let numbered = Event.Numbered(stamp: stamp, seed: submission.seed, count: events.count)
        return .success([.numbered(numbered)] + events)
    }

    private func start(_ order: Command.Start, at now: Timestamp, reach: Int) -> [Event] {
        waiting(in: .queue(order.queue)).prefix(reach).enumerated().map { index, entry in
            let timesOut = entry.job.timeout.map { now + $0 + limits.timeoutSlack }
            let lease = Lease(
                token: FencingToken(nextToken + UInt64(index)), session: order.session,
                until: order.lease.map { now + $0 }, timesOut: timesOut)
            return .started(Event.Started(job: entry.job.subject, attempt: entry.job.attempt + 1, lease: lease))
        }
    }

    private func fail(
        _ job: Job, _ failure: Failure, _ isFinal: Bool, _ retryAfter: Duration?, _ seed: UInt64, _ now: Timestamp
    ) -> Event {
        let failures = job.failures + 1
        var due: Timestamp?
        if !isFinal, failures < job.retry.attempts {
            var ceiling = job.retry.initialBackoff
            for _ in 1..<failures where ceiling < job.retry.maxBackoff { ceiling = ceiling * 2 }
            ceiling = min(ceiling, job.retry.maxBackoff)
            let wide = SplitMix64.mix(seed).multipliedFullWidth(by: UInt64(ceiling.inMicroseconds) + 1)
            due = now + max(retryAfter ?? .zero, .microseconds(Int64(wide.high)))
        }
        return .failed(
            Event.Failed(
                job: job.subject, attempt: job.attempt, token: job.lease?.token ?? FencingToken(0),
                failure: failure, failures: failures, due: due, seed: seed))
    }

    private func lose(_ job: Job) -> Event {
        .lost(
            Event.Lost(
                job: job.subject, attempt: job.attempt, token: job.lease?.token ?? FencingToken(0),
                losses: job.losses + 1, isQuarantined: job.losses + 1 >= limits.losses))
    }

    private func tick(_ seed: UInt64, _ limit: Int, _ now: Timestamp, _ hot: Hot) -> [Event] {
        let timers = waiting(in: .timers).map(\.1).filter { hot.contains($0.subject.id) && ($0.due ?? now) <= now }
        var due: [(time: Timestamp, event: (UInt64) -> Event)] = []
        for job in running() {
            let timeout = Failure(code: "timeout", message: "the attempt did not end within its timeout")
            let until = job.lease?.until ?? .distantFuture
            let timesOut = job.lease?.timesOut ?? .distantFuture
            if until <= timesOut {
                due.append((until, { _ in lose(job) }))
            } else {
                due.append((timesOut, { fail(job, timeout, false, nil, $0, now) }))
            }
        }
        let ended = due.enumerated().filter { $0.element.time <= now }.sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        let queued = timers.prefix(limit).map { Event.queued($0.subject, from: $0.state) }
        return queued
            + ended.prefix(limit - queued.count).enumerated().map { index, entry in
                entry.element.event(SplitMix64.mix(seed &+ UInt64(index)))
            }
    }
}
