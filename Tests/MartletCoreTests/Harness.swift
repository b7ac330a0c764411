import MartletCore
import Testing

/// A partition with a clock that the test moves: decides, applies, and checks the invariants after each step.
struct Harness {
    var partition: Partition
    var now = Timestamp(microseconds: 1_800_000_000_000_000)
    var history: [(event: Event, time: Timestamp)] = []
    private var seed: UInt64 = 1

    init(_ change: (inout Limits) -> Void = { _ in }) {
        var limits = Limits()
        change(&limits)
        partition = Partition(limits: limits)
    }

    mutating func freshSeed() -> UInt64 {
        seed += 1
        return SplitMix64.mix(seed)
    }

    mutating func wait(_ duration: Duration) { now = now + duration }

    @discardableResult
    mutating func perform(_ command: Command) throws(Refusal) -> (answer: Answer, events: [Event]) {
        var events: [Event] = []
        let answer = try partition.decide(command, at: now, into: &events)
        for event in events {
            partition.apply(event, at: now)
            history.append((event, now))
        }
        #expect(partition.checkInvariants() == [])
        return (answer, events)
    }

    /// The refusal of a command that must be refused, and must leave the caller's buffer as it was.
    func refusal(of command: Command) -> Refusal? {
        let before = [Event.leaderStarted(epoch: 77)]
        var events = before
        do throws(Refusal) {
            _ = try partition.decide(command, at: now, into: &events)
            return nil
        } catch {
            #expect(events == before)
            return error
        }
    }

    @discardableResult
    mutating func submit(_ specs: JobSpec..., stamp: SubmissionStamp? = nil) throws(Refusal) -> [JobID] {
        let submission = Command.Submission(jobs: specs, stamp: stamp, seed: freshSeed())
        guard case .submitted(let ids) = try perform(.submit(submission)).answer else { return [] }
        return ids
    }

    /// The attempts that are handed out, in their order.
    @discardableResult
    mutating func start(
        _ queue: String = "default", limit: Int = 1, bytes: Int = .max, session: SessionID = .first,
        lease: Duration? = nil
    ) throws(Refusal) -> [AttemptID] {
        let order = Command.Start(queue: queue, session: session, limit: limit, bytes: bytes, lease: lease)
        return try perform(.start(order)).events.compactMap { event in
            guard case .started(let started) = event else { return nil }
            return AttemptID(job: started.job.id, token: started.lease.token)
        }
    }

    @discardableResult
    mutating func fail(
        _ attempt: AttemptID, isFinal: Bool = false, retryAfter: Duration? = nil, message: String = "no"
    ) throws(Refusal) -> Event.Failed? {
        let failing = Command.Failing(
            failure: Failure(code: "broken", message: message), isFinal: isFinal, retryAfter: retryAfter,
            seed: freshSeed())
        guard case .failed(let failed) = try perform(.fail(attempt, failing)).events.first else { return nil }
        return failed
    }

    @discardableResult
    mutating func tick(limit: Int = 1000) throws(Refusal) -> [Event] {
        try perform(.tick(seed: freshSeed(), limit: limit)).events
    }
}

extension SessionID {
    static let first = SessionID(high: 1, low: 1)
    static let second = SessionID(high: 2, low: 2)
}

extension JobSpec {
    static func plain(priority: UInt8 = 5, start: Start = .now, bytes: Int = 0) -> JobSpec {
        JobSpec(kind: "work", payload: [UInt8](repeating: 7, count: bytes), priority: priority, start: start)
    }

    func with(_ change: (inout JobSpec) -> Void) -> JobSpec {
        var changed = self
        change(&changed)
        return changed
    }
}

extension ClientID {
    init(_ number: UInt64) { self.init(high: number, low: number) }
}

/// Draws for tests: the same from the same seed.
struct Draws: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= SplitMix64.increment
        return SplitMix64.mix(state)
    }

    mutating func below(_ bound: Int) -> Int { bound <= 0 ? 0 : Int.random(in: 0..<bound, using: &self) }
    mutating func happens(oneIn count: Int) -> Bool { below(count) == 0 }
}

/// Records an issue; returns nothing, so that a guard can return with it.
func record(_ words: String, at location: SourceLocation = #_sourceLocation) {
    Issue.record("\(words)", sourceLocation: location)
}
