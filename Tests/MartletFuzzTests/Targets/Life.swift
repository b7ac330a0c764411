import MartletCore

/// A partition that is given drawn commands, and its history.
struct Life {
    static let queues = ["a", "b"]
    private(set) var partition: Partition
    private var now = Timestamp(microseconds: 1_790_000_000_000_000)
    private var jobs: [JobID] = []
    private var tokens: [AttemptID] = []
    private var sequence: UInt64 = 0

    init() {
        var limits = Limits()
        limits.losses = 2
        limits.clients = 2
        limits.submissionsInFlight = 2
        partition = Partition(limits: limits)
    }

    /// The events of one command, none if it was refused. All jobs stay hot: nothing has to be read.
    mutating func step(_ supply: inout Supply) -> [Event] {
        now = now + .milliseconds(Int(supply.byte()) * 100)
        var events: [Event] = []
        do {
            let answer = try partition.decide(command(&supply), at: now, into: &events)
            if case .submitted(let ids) = answer { jobs += ids }
        } catch {
            return []
        }
        for event in events {
            if case .started(let started) = event {
                tokens.append(AttemptID(job: started.job.id, token: started.lease.token))
            }
            partition.apply(event, at: now)
        }
        return events
    }

    private mutating func command(_ supply: inout Supply) -> Command {
        switch supply.below(12) {
        case 0: return .lead(epoch: partition.epoch + 1)
        case 1, 2, 3: return submission(&supply)
        case 4, 5:
            return .start(
                .init(
                    queue: supply.pick(Self.queues), session: SessionID(high: 1, low: UInt64(supply.below(3))),
                    limit: 1 + supply.below(3), lease: supply.flag() ? .seconds(5) : nil))
        case 6: return .complete(attempt(&supply), result: supply.some(20))
        case 7:
            return .fail(
                attempt(&supply),
                .init(
                    failure: Failure(code: "e", message: supply.text()), isFinal: supply.below(4) == 0,
                    retryAfter: supply.flag() ? .seconds(1) : nil, seed: UInt64(supply.byte())))
        case 8: return supply.flag() ? .release(attempt(&supply)) : .extend(attempt(&supply), duration: .seconds(3))
        case 9: return .lose(SessionID(high: 1, low: UInt64(supply.below(3))), except: [])
        case 10: return .cancel(jobs.isEmpty ? JobID(high: 1, low: 1) : supply.pick(jobs))
        default: return .tick(seed: UInt64(supply.byte()), limit: 5)
        }
    }

    private mutating func submission(_ supply: inout Supply) -> Command {
        let specs = (0...supply.below(2)).map { _ in
            var spec = JobSpec(kind: supply.pick(["x", "y"]), queue: supply.pick(Self.queues), payload: supply.some(8))
            spec.priority = UInt8(supply.below(10))
            if supply.below(3) == 0 { spec.start = .after(.milliseconds(Int(supply.byte()) * 50)) }
            if supply.below(3) == 0 { spec.timeout = .seconds(1) }
            if supply.below(3) == 0 { spec.idempotencyKey = supply.pick(["k", "l", "m"]) }
            spec.retry.attempts = 1 + supply.below(3)
            return spec
        }
        sequence += UInt64(supply.below(3))
        let stamp =
            sequence > 0 && supply.flag()
            ? SubmissionStamp(client: ClientID(high: 0, low: UInt64(supply.below(3))), sequence: sequence) : nil
        // Fresh bits, as the leader draws them.
        return .submit(.init(jobs: specs, stamp: stamp, seed: UInt64(jobs.count) << 32 | sequence))
    }

    private mutating func attempt(_ supply: inout Supply) -> AttemptID {
        guard !tokens.isEmpty else { return AttemptID(job: JobID(high: 1, low: 1), token: FencingToken(1)) }
        return tokens[tokens.count - 1 - supply.below(min(tokens.count, 4))]
    }
}

extension Event {
    /// Another fact, or the same with other numbers.
    func altered(_ supply: inout Supply) -> Event {
        guard let job = subject else { return .leaderStarted(epoch: supply.word()) }
        let other = Subject(
            id: supply.flag() ? job.id : JobID(high: supply.word(), low: supply.word()),
            number: supply.flag() ? job.number : supply.word(), queue: supply.flag() ? job.queue : supply.text())
        let (attempt, token) = (Int(truncatingIfNeeded: supply.word() >> 1), FencingToken(supply.word()))
        let time = Timestamp(microseconds: supply.integer())
        switch supply.below(11) {
        case 0:
            return .submitted(
                .init(
                    job: other, kind: supply.text(), payload: [], priority: supply.byte(),
                    due: supply.flag() ? time : nil, timeout: nil, retry: .standard,
                    idempotency: supply.flag() ? Idempotency(key: supply.text(), fingerprint: 1) : nil,
                    traceparent: nil))
        case 1: return .queued(other, from: supply.pick(JobState.allCases))
        case 2:
            let lease = Lease(
                token: token, session: SessionID(high: 1, low: 1), until: supply.flag() ? time : nil, timesOut: time)
            return .started(.init(job: other, attempt: attempt, lease: lease))
        case 3: return .extended(other, token: token, until: time)
        case 4: return .completed(.init(job: other, attempt: attempt, token: token, result: supply.some(20)))
        case 5:
            return .failed(
                .init(
                    job: other, attempt: attempt, token: token, failure: Failure(code: "c", message: supply.text()),
                    failures: attempt, due: supply.flag() ? time : nil, seed: 0))
        case 6:
            return .lost(
                .init(job: other, attempt: attempt, token: token, losses: attempt, isQuarantined: supply.flag()))
        case 7: return .released(other, attempt: attempt, token: token)
        case 8: return .cancelled(other, from: supply.pick(JobState.allCases))
        case 9: return .redriven(other)
        default:
            let stamp = SubmissionStamp(client: ClientID(high: 0, low: 1), sequence: supply.word())
            return .numbered(.init(stamp: stamp, seed: 0, count: attempt))
        }
    }

    private var subject: Subject? {
        switch self {
        case .leaderStarted, .numbered: nil
        case .submitted(let event): event.job
        case .started(let event): event.job
        case .completed(let event): event.job
        case .failed(let event): event.job
        case .lost(let event): event.job
        case .queued(let job, _), .extended(let job, _, _), .released(let job, _, _), .cancelled(let job, _),
            .redriven(let job):
            job
        }
    }
}
