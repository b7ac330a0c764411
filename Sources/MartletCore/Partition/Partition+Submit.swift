extension Partition {
    func submit(
        _ submission: Command.Submission, at now: Timestamp, asked: Timestamp, into events: inout [Event]
    ) throws(Refusal) -> Answer {
        if let stamp = submission.stamp {
            switch clients.recall(stamp) {
            case .forgotten: throw .forgottenSubmission(stamp)
            case .repeated(let earlier): return try answer(again: submission, stamp, earlier, at: now)
            case .new: break
            }
        }
        let rules = SpecRules(limits: limits, now: now, asked: asked)
        try check(submission, by: rules)
        let length = events.count
        do {
            return .submitted(try add(submission, by: rules, into: &events))
        } catch {
            events.removeSubrange(length...)
            throw error
        }
    }

    private func check(_ submission: Command.Submission, by rules: SpecRules) throws(Refusal) {
        guard let first = submission.jobs.first else {
            throw .invalid(index: 0, field: "jobs", message: "a submission has at least 1 job")
        }
        guard submission.jobs.count <= limits.jobsPerSubmission else {
            throw .tooLarge(
                message: "\(submission.jobs.count) jobs are over the limit of \(limits.jobsPerSubmission) a submission")
        }
        var bytes = 0
        for (index, spec) in submission.jobs.enumerated() {
            try rules.check(spec, at: index)
            bytes += spec.payload.count
        }
        guard bytes <= limits.bytesPerSubmission else {
            throw .tooLarge(
                message: "\(bytes) bytes of payload are over the limit of \(limits.bytesPerSubmission) a submission")
        }
        try checkRoom(for: submission.jobs, first: first.queue)
    }

    private func checkRoom(for jobs: [JobSpec], first: String) throws(Refusal) {
        guard queues.count + jobs.count > limits.queues else { return }
        var fresh: Set<String> = []
        for spec in jobs where queues.find(spec.queue) == nil { fresh.insert(spec.queue) }
        guard fresh.isEmpty || queues.count + fresh.count <= limits.queues else {
            throw .exhausted(what: "queues", limit: limits.queues)
        }
    }

    /// Appends the events of a submission that passed all checks but that of its keys.
    private func add(
        _ submission: Command.Submission, by rules: SpecRules, into events: inout [Event]
    ) throws(Refusal) -> [JobID] {
        let now = rules.now
        var ids: [JobID] = []
        ids.reserveCapacity(submission.jobs.count)
        var used: [String: RememberedKey] = [:]
        var number = nextNumber
        if let stamp = submission.stamp {
            events.append(.numbered(Event.Numbered(stamp: stamp, seed: submission.seed, count: 0)))
        }
        let head = events.count
        for (index, spec) in submission.jobs.enumerated() {
            let id = JobID(at: now, seed: submission.seed, index: index)
            var idempotency: Idempotency?
            if let key = spec.idempotencyKey {
                let wanted = Idempotency(key: key, fingerprint: Fingerprint.of(spec))
                if let known = used[key] ?? keys.find(key, at: now) {
                    guard known.idempotency == wanted else {
                        throw .idempotencyConflict(index: index, key: key, job: known.job)
                    }
                    ids.append(known.job)
                    continue
                }
                used[key] = RememberedKey(idempotency: wanted, job: id, expires: now)
                idempotency = wanted
            }
            // The same time and seed once more: whoever draws the seeds is to draw another.
            guard !slab.contains(id) else { throw .exhausted(what: "identifiers of this seed", limit: 1) }
            events.append(
                .submitted(
                    Event.Submitted(
                        job: Subject(id: id, number: number, queue: spec.queue), kind: spec.kind,
                        payload: spec.payload, priority: spec.priority, due: rules.due(spec.start),
                        timeout: spec.timeout?.wholeMicroseconds, retry: spec.retry.wholeMicroseconds,
                        idempotency: idempotency,
                        traceparent: spec.traceparent)))
            ids.append(id)
            number += 1
        }
        if let stamp = submission.stamp {
            let count = events.count - head
            events[head - 1] = .numbered(Event.Numbered(stamp: stamp, seed: submission.seed, count: count))
        }
        return ids
    }

    /// The identifiers that the submission was answered with before.
    ///
    /// They are derived once more. Only if some of the jobs were known by their keys even then, the keys are
    /// looked up: a key that was known is still, or the answer is forgotten.
    private func answer(
        again submission: Command.Submission, _ stamp: SubmissionStamp, _ earlier: RememberedSubmission,
        at now: Timestamp
    ) throws(Refusal) -> Answer {
        let unkeyed = submission.jobs.count { $0.idempotencyKey == nil }
        guard unkeyed <= earlier.count, earlier.count <= submission.jobs.count else {
            throw .invalid(
                index: 0, field: "jobs",
                message: "sequence \(earlier.sequence) stood for another submission, with \(earlier.count) new jobs")
        }
        let hadDuplicates = earlier.count < submission.jobs.count
        var ids: [JobID] = []
        ids.reserveCapacity(submission.jobs.count)
        for (index, spec) in submission.jobs.enumerated() {
            guard hadDuplicates, let key = spec.idempotencyKey else {
                ids.append(JobID(at: earlier.time, seed: earlier.seed, index: index))
                continue
            }
            // Expired and used anew, the key stands for a later job than the one of the answer.
            let latest = earlier.time + limits.idempotencyWindow
            guard let known = keys.find(key, at: now), known.expires <= latest else {
                throw .forgottenSubmission(stamp)
            }
            ids.append(known.job)
        }
        return .submitted(ids)
    }
}
