import MartletCore
import Testing

extension Simulation {
    mutating func submit() {
        var submission: Command.Submission
        if let earlier = submissions.randomElement(using: &draws), draws.happens(oneIn: 8) {
            submission = earlier
            submission.seed = draws.next()
        } else {
            submission = freshSubmission()
        }
        let cold = partition.coldKeys(in: submission)
        if !cold.isEmpty {
            seen["cold key", default: 0] += 1
            partition.beginRead(for: submission)
            partition.admit(keys: twin.keys.filter { cold.contains($0.idempotency.key) && $0.expires > now })
        }
        perform(.submit(submission))
        keep(submission)
        if !cold.isEmpty { partition.endRead(for: submission) }
    }

    /// Keeps a submission that was accepted, to repeat it; its number may have stood for a forgotten one.
    private mutating func keep(_ submission: Command.Submission) {
        guard let stamp = submission.stamp else { return }
        let isRemembered = twin.clients.contains { client in
            client.client == stamp.client && client.submissions.contains { $0.sequence == stamp.sequence }
        }
        guard isRemembered else { return }
        submissions = submissions.filter { $0.stamp != stamp }.suffix(5) + [submission]
    }

    private mutating func freshSubmission() -> Command.Submission {
        let specs = (0...draws.below(6)).map { _ in
            JobSpec(
                kind: "work", queue: queues[draws.below(3)],
                payload: [UInt8](repeating: 1, count: draws.happens(oneIn: 6) ? draws.below(60) : 3),
                priority: draws.happens(oneIn: 3) ? UInt8(draws.below(10)) : 5,
                start: draws.happens(oneIn: 4) ? .after(.milliseconds(1 + draws.below(9000))) : .now,
                timeout: draws.happens(oneIn: 5) ? .seconds(1 + draws.below(5)) : nil,
                retry: RetryPolicy(attempts: 3, initialBackoff: .seconds(1), maxBackoff: .seconds(3)))
        }
        var submission = Command.Submission(jobs: specs, stamp: nil, seed: draws.next())
        if draws.happens(oneIn: 4) {
            // The same key is the same request, but for the kind.
            let key = "k\(draws.below(12))"
            submission.jobs[0] = JobSpec(
                kind: draws.happens(oneIn: 9) ? "other" : "work", queue: "a", payload: [1], idempotencyKey: key)
            if draws.happens(oneIn: 3) { submission.jobs.append(submission.jobs[0]) }
        }
        guard draws.happens(oneIn: 3) else { return submission }
        let client = draws.below(3)
        sequences[client] += UInt64(draws.below(3))
        let sequence = max(1, sequences[client] - min(sequences[client], UInt64(draws.below(2))))
        // A sequence stands for one submission, which is repeated as it was.
        let stamp = SubmissionStamp(client: ClientID(UInt64(client)), sequence: sequence)
        let isUsed = twin.clients.contains { client in
            client.client == stamp.client && client.submissions.contains { $0.sequence == sequence }
        }
        submission.stamp = isUsed ? nil : stamp
        return submission
    }

    mutating func start() {
        let order = Command.Start(
            queue: queues[draws.below(3)], session: SessionID(high: 0, low: UInt64(draws.below(3))),
            limit: draws.below(6), bytes: draws.happens(oneIn: 3) ? draws.below(60) : .max,
            lease: draws.happens(oneIn: 3) ? .seconds(1 + draws.below(8)) : nil)
        perform(.start(order))
    }

    mutating func settle() {
        let old = draws.happens(oneIn: 6)
        let held = twin.running().compactMap { job in
            job.lease.map { AttemptID(job: job.subject.id, token: $0.token) }
        }
        let choice = old ? attempts.randomElement(using: &draws) : held.randomElement(using: &draws)
        // A job that is cold is unknown to the partition; the node refines that.
        guard let attempt = choice else { return }
        guard partition.job(attempt.job) != nil || twin.job(attempt.job)?.state.isFinal ?? true else { return }
        switch draws.below(6) {
        case 0...1: perform(.complete(attempt, result: [2]))
        case 2: perform(.release(attempt))
        case 3: perform(.extend(attempt, duration: .seconds(1 + draws.below(6))))
        default:
            let failing = Command.Failing(
                failure: Failure(code: "x", message: "y"), isFinal: draws.happens(oneIn: 6),
                retryAfter: draws.happens(oneIn: 5) ? .seconds(2) : nil, seed: draws.next())
            perform(.fail(attempt, failing))
        }
    }

    /// Cancels or redrives a job by name; a cold one is read from the view first.
    mutating func steer() {
        let live = twin.jobs.filter { $0.state != .succeeded && $0.state != .cancelled }
        let choice = draws.happens(oneIn: 5) ? twin.jobs : live
        guard let job = choice.randomElement(using: &draws) else { return }
        let id = job.subject.id
        // Few jobs are cancelled, or there would be none to watch.
        let command = draws.happens(oneIn: 4) ? Command.cancel(id) : .redrive(id)
        guard partition.job(id) == nil, job.state != .succeeded, job.state != .cancelled else {
            return perform(command)
        }
        partition.beginRead(of: id)
        readings.append(Reading(command: command, id: id, record: draws.happens(oneIn: 2) ? job : nil))
    }

    mutating func beginPages() {
        for lane in queues.map(LaneName.queue) + [.timers] {
            guard let request = partition.pageRequest(for: lane) else { continue }
            #expect(lane != .timers || partition.timerPageWantedAt != nil)
            partition.beginPage(request)
            // The view is as late as the request allows, or a little less.
            if request.mustSeeAll || draws.happens(oneIn: 4) { view = twin }
            self.seen[request.mustSeeAll ? "fresh page" : "late page", default: 0] += 1
            pages.append(Page(request: request, seen: draws.happens(oneIn: 2) ? look(request) : nil))
            checkState()
        }
    }

    /// Workers take page after page, and nothing else happens.
    mutating func workOff() {
        for _ in 0..<draws.below(9) {
            start()
            settle()
            beginPages()
            readOn()
        }
    }

    /// Something that is being read looks, arrives or fails.
    mutating func readOn() {
        if !readings.isEmpty, pages.isEmpty || draws.happens(oneIn: 3) { return finishReading() }
        guard !pages.isEmpty else { return }
        let index = draws.below(pages.count)
        guard let seen = pages[index].seen else {
            if draws.happens(oneIn: 2) { view = twin }
            pages[index].seen = look(pages[index].request)
            return
        }
        let request = pages.remove(at: index).request
        if draws.happens(oneIn: 8) {
            partition.abandonPage(request)
        } else {
            partition.finishPage(request, jobs: seen.jobs, isLast: seen.isLast)
        }
        self.seen["page", default: 0] += 1
        checkState()
    }

    private mutating func finishReading() {
        let reading = readings.remove(at: draws.below(readings.count))
        guard let record = reading.record ?? twin.job(reading.id) else { return }
        let admission = partition.admit(record)
        seen["\(admission)", default: 0] += 1
        if admission == .departed {
            // Read once more, as of now; what stands in the view now can be admitted unless it ended.
            let current = twin.job(reading.id) ?? record
            let again = partition.admit(current)
            #expect(again == .admitted || [.succeeded, .cancelled].contains(current.state))
        }
        checkState()
        perform(reading.command)
        partition.endRead(of: reading.id)
        checkState()
    }

    /// What a read of the view sees now.
    func look(_ request: PageRequest) -> (jobs: [Job], isLast: Bool) {
        let rest = view.waiting(in: request.lane).filter { $0.key >= request.from }
        var bytes = 0
        var jobs: [Job] = []
        for (_, job) in rest {
            guard jobs.count < request.jobs, jobs.isEmpty || bytes < request.bytes else { break }
            jobs.append(job)
            bytes += job.payload.count
        }
        return (jobs, jobs.count == rest.count)
    }

    /// A new leader takes over from the view's account.
    mutating func restart() {
        pages = []
        readings = []
        view = twin
        seen["restart", default: 0] += 1
        let keys = twin.keys.filter { $0.expires > now }
        let cold = keys.dropLast(limits.hotKeys)
        partition = Partition(
            limits: limits,
            restoring: Restored(
                epoch: 1, nextNumber: twin.nextNumber, nextToken: twin.nextToken, running: twin.running().reversed(),
                queues: twin.counts.map { ($0.queue, $0.counts) }, clients: twin.clients,
                keys: keys.suffix(limits.hotKeys), coldKeyCount: cold.count,
                coldKeysUntil: cold.map(\.expires).max() ?? now))
        checkState()
    }

    /// Lets everything run to its end.
    mutating func drain() {
        var rounds = 0
        while twin.jobs.contains(where: { !$0.state.isFinal }), rounds < 3000 {
            rounds += 1
            now = now + .seconds(1)
            perform(.tick(seed: draws.next(), limit: 50))
            while !pages.isEmpty || !readings.isEmpty { readOn() }
            for queue in queues {
                perform(.start(Command.Start(queue: queue, session: .first, limit: 3, lease: nil)))
            }
            for job in twin.running() {
                guard let lease = job.lease else { continue }
                perform(.complete(AttemptID(job: job.subject.id, token: lease.token), result: []))
            }
            beginPages()
        }
        let waiting = twin.jobs.filter { !$0.state.isFinal }
        #expect(waiting == [])
        #expect(partition.allCounts.isEmpty)
        #expect(partition.runningCount == 0)
    }
}
