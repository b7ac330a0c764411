import MartletCore
import MartletView

/// A random, legal history of a partition, and the dumb twin of the view: what became of each job, kept as it happens.
struct Story {
    private(set) var entries: [(events: [Event], position: ViewPosition)] = []
    private(set) var jobs: [JobRecord] = []
    private(set) var facts: [[String]] = []
    private var token: UInt64 = 0
    private var random: UInt64
    private let queues = ["emails", "reports", "images/large"]

    init(seed: UInt64, entries count: Int) {
        random = seed
        for number in 1...UInt64(count) { addEntry(position(number)) }
    }

    private mutating func draw(_ bound: Int) -> Int {
        random &+= 1
        return Int(SplitMix64.mix(random &* 0x2545_F491_4F6C_DD1D) % UInt64(bound))
    }

    private mutating func addEntry(_ position: ViewPosition) {
        var events: [Event] = draw(10) == 0 ? [numbered()] : []
        for _ in 0...draw(12) {
            guard !jobs.isEmpty, draw(3) > 0 else {
                events.append(submit(at: position.time))
                continue
            }
            // The last jobs are the liveliest, so that many live and die within one write.
            let index = draw(2) == 0 ? max(0, jobs.count - 1 - draw(8)) : draw(jobs.count)
            if let event = advance(index, at: position.time) { events.append(event) }
        }
        entries.append((events, position))
    }

    private mutating func numbered() -> Event {
        let client = ClientID(high: 1, low: UInt64(draw(5)))
        random &+= 1
        let stamp = SubmissionStamp(client: client, sequence: random)
        return .numbered(.init(stamp: stamp, seed: random, count: 1))
    }

    private mutating func submit(at time: Timestamp) -> Event {
        let subject = subject(UInt64(jobs.count) + 1, queue: queues[draw(3)])
        let due = draw(4) == 0 ? time + .seconds(draw(100)) : nil
        let payload = [UInt8](repeating: UInt8(draw(256)), count: draw(8) == 0 ? 3000 : draw(100))
        let key = draw(5) == 0 ? "key-\(jobs.count)" : nil
        let job = Job(
            subject: subject, kind: ["send", "resize"][draw(2)], payload: payload, priority: UInt8(draw(10)),
            timeout: draw(3) == 0 ? .seconds(30) : nil, retry: .standard,
            traceparent: draw(3) == 0 ? "00-abc-def-01" : nil, submittedAt: time,
            state: due == nil ? .queued : .scheduled, due: due)
        jobs.append(JobRecord(job: job, idempotencyKey: key))
        facts.append(["submitted"])
        return .submitted(
            .init(
                job: subject, kind: job.kind, payload: payload, priority: job.priority, due: due, timeout: job.timeout,
                retry: job.retry, idempotency: key.map { Idempotency(key: $0, fingerprint: 1) },
                traceparent: job.traceparent))
    }

    private mutating func advance(_ index: Int, at time: Timestamp) -> Event? {
        let subject = jobs[index].job.subject
        switch jobs[index].job.state {
        case .scheduled, .retrying:
            let from = jobs[index].job.state
            if draw(5) == 0 { return cancel(index, at: time) }
            stand(index, .queued, "queued", at: time)
            return .queued(subject, from: from)
        case .queued: return draw(8) == 0 ? cancel(index, at: time) : start(index, at: time)
        case .running: return settle(index, at: time)
        case .dead:
            stand(index, .queued, "redriven", at: time)
            jobs[index].job.failures = 0
            jobs[index].job.losses = 0
            return .redriven(subject)
        case .succeeded, .cancelled: return nil
        }
    }

    private mutating func start(_ index: Int, at time: Timestamp) -> Event {
        token += 1
        stand(index, .running, "started", at: time)
        let lease = Lease(
            token: FencingToken(token), session: SessionID(high: 1, low: UInt64(draw(3))),
            until: draw(2) == 0 ? time + .seconds(9) : nil, timesOut: draw(2) == 0 ? time + .seconds(99) : nil)
        jobs[index].job.lease = lease
        jobs[index].job.attempt += 1
        jobs[index].startedAt = time
        jobs[index].lastToken = lease.token
        return .started(.init(job: jobs[index].job.subject, attempt: jobs[index].job.attempt, lease: lease))
    }

    private mutating func settle(_ index: Int, at time: Timestamp) -> Event? {
        let job = jobs[index].job
        guard let token = job.lease?.token else { return nil }
        switch draw(8) {
        case 0:
            jobs[index].job.lease?.until = time + .seconds(20)
            facts[index].append("extended")
            return .extended(job.subject, token: token, until: time + .seconds(20))
        case 1:
            let failure = Failure(code: "error", message: "attempt \(job.attempt)")
            let due = draw(3) == 0 ? nil : time + .seconds(draw(50))
            stand(index, due == nil ? .dead : .retrying, "failed", at: time)
            jobs[index].job.due = due
            jobs[index].job.failures += 1
            jobs[index].failure = failure
            return .failed(
                .init(
                    job: job.subject, attempt: job.attempt, token: token, failure: failure, failures: job.failures + 1,
                    due: due, seed: 0))
        case 2:
            let isQuarantined = draw(3) == 0
            stand(index, isQuarantined ? .dead : .queued, "lost", at: time)
            jobs[index].job.losses += 1
            jobs[index].failure =
                isQuarantined
                ? Failure(code: "quarantined", message: "\(job.losses + 1) workers vanished while they ran this job")
                : Failure(code: "lost", message: "the worker of attempt \(job.attempt) vanished")
            return .lost(
                .init(
                    job: job.subject, attempt: job.attempt, token: token, losses: job.losses + 1,
                    isQuarantined: isQuarantined))
        case 3:
            stand(index, .queued, "released", at: time)
            jobs[index].job.attempt -= 1
            return .released(job.subject, attempt: job.attempt, token: token)
        case 4: return cancel(index, at: time)
        default:
            stand(index, .succeeded, "completed", at: time)
            jobs[index].failure = nil
            jobs[index].result = [UInt8(truncatingIfNeeded: index)]
            return .completed(
                .init(job: job.subject, attempt: job.attempt, token: token, result: [UInt8(truncatingIfNeeded: index)]))
        }
    }

    private mutating func cancel(_ index: Int, at time: Timestamp) -> Event {
        let from = jobs[index].job.state
        stand(index, .cancelled, "cancelled", at: time)
        return .cancelled(jobs[index].job.subject, from: from)
    }

    private mutating func stand(_ index: Int, _ state: JobState, _ fact: String, at time: Timestamp) {
        jobs[index].job.state = state
        jobs[index].job.due = nil
        jobs[index].job.lease = nil
        jobs[index].finishedAt = state.isFinal ? time : nil
        facts[index].append(fact)
    }
}
