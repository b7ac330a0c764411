import MartletCore
import Testing

/// A random life of a partition beside its twin: each decision is compared, the invariants are checked after
/// each step, pages and records of the view arrive late with other commands between.
struct Simulation {
    struct Page {
        var request: PageRequest
        /// What the read saw; nil until it has looked.
        var seen: (jobs: [Job], isLast: Bool)?
    }

    struct Reading {
        var command: Command
        var id: JobID
        var record: Job?
    }

    let limits: Limits
    var partition: Partition
    var twin: Twin
    /// The twin as it was when the view was last written.
    var view: Twin
    var draws: Draws
    var now = Timestamp(microseconds: 1_800_000_000_000_000)
    var pages: [Page] = []
    var readings: [Reading] = []
    var attempts: [AttemptID] = []
    var sequences: [UInt64] = [0, 0, 0]
    var submissions: [Command.Submission] = []
    var history: [(event: Event, time: Timestamp)] = []
    /// How often each thing happened that a run is to have seen.
    var seen: [String: Int] = [:]
    let queues = ["a", "b", "c"]

    init(seed: UInt64, limits: Limits) {
        self.limits = limits
        partition = Partition(limits: limits)
        twin = Twin(limits: limits)
        view = twin
        draws = Draws(state: seed)
    }

    mutating func step() {
        now = now + .milliseconds(draws.below(400))
        switch draws.below(25) {
        case 0...4: submit()
        case 5...8: start()
        case 9...12: settle()
        case 13: perform(.lose(session, except: draws.happens(oneIn: 2) ? Array(attempts.prefix(2)) : []))
        case 14...15: perform(.tick(seed: draws.next(), limit: 1 + draws.below(6)))
        case 16...17: beginPages()
        case 18...19: readOn()
        case 20...22: steer()
        case 23: workOff()
        default: if draws.happens(oneIn: 25) { restart() }
        }
    }

    private var session: SessionID {
        mutating get { SessionID(high: 0, low: UInt64(draws.below(3))) }
    }

    /// Decides on both sides, compares, applies on both sides.
    mutating func perform(_ command: Command) {
        var events: [Event] = []
        let result: Result<Answer, Refusal>
        do throws(Refusal) { result = .success(try partition.decide(command, at: now, into: &events)) } catch {
            result = .failure(error)
            #expect(events == [])
        }
        let partition = partition
        let hot = Twin.Hot(contains: { partition.job($0) != nil }, reach: events.count)
        switch (result, twin.decide(command, at: now, hot: hot)) {
        case (.success(let answer), .success(let expected)):
            #expect(withoutFingerprints(events) == withoutFingerprints(expected))
            if case .submit(let submission) = command { check(answer, of: submission, events) }
        case (.failure(let refusal), .failure(let expected)): #expect(refusal == expected)
        default: Issue.record("\(command): \(result)")
        }
        if case .start(let order) = command { checkReach(order, events.count) }
        for event in events { apply(event) }
        seen["\(String(describing: command).prefix { $0 != "(" })", default: 0] += events.isEmpty ? 0 : 1
        checkState()
    }

    private mutating func apply(_ event: Event) {
        partition.apply(event, at: now)
        twin.apply(event, at: now)
        history.append((event, now))
        if case .started(let started) = event {
            attempts.append(AttemptID(job: started.job.id, token: started.lease.token))
        }
    }

    /// What a queue does not hand out must be cold, with a page wanted or on its way, or over a bound.
    private func checkReach(_ order: Command.Start, _ count: Int) {
        let sizes = twin.waiting(in: .queue(order.queue)).map(\.job.payload.count)
        let bytes = sizes.prefix(count).reduce(0, +)
        #expect(count <= 1 || bytes <= order.bytes)
        let room = limits.running - twin.running().count
        guard count < min(order.limit, sizes.count, room) else { return }
        let isFull = count > 0 && bytes + sizes[count] > order.bytes
        let lane = LaneName.queue(order.queue)
        #expect(count == partition.readyCount(in: order.queue) || isFull || limits.hotBytes < 100)
        let isComing = pages.contains { $0.request.lane == lane }
        #expect(isComing || partition.pageRequest(for: lane) != nil || count > 0, "\(lane) is stuck")
    }

    private func check(_ answer: Answer, of submission: Command.Submission, _ events: [Event]) {
        guard case .submitted(let ids) = answer else { return record("\(answer)") }
        #expect(ids.count == submission.jobs.count)
        let fresh = events.compactMap { event -> JobID? in
            guard case .submitted(let submitted) = event else { return nil }
            return submitted.job.id
        }
        for id in ids { #expect(twin.job(id) != nil || fresh.contains(id)) }
    }

    func checkState() {
        #expect(partition.checkInvariants() == [])
        #expect(partition.allCounts.map(\.queue) == twin.counts.map(\.queue) || !pages.isEmpty)
        for (queue, counts) in twin.counts { #expect(partition.counts(of: queue) == counts) }
        #expect(partition.runningCount == twin.running().count)
    }

    private func withoutFingerprints(_ events: [Event]) -> [Event] {
        events.map { event in
            guard case .submitted(var submitted) = event else { return event }
            submitted.idempotency?.fingerprint = 0
            return .submitted(submitted)
        }
    }
}
