import Testing

@testable import MartletCore

@Suite("A read of the view holds back what it is for, and nothing else")
struct LookupTests {
    private func naming(_ key: String) -> Command.Submission {
        Command.Submission(jobs: [JobSpec(kind: "work", idempotencyKey: key)], stamp: nil, seed: 0)
    }

    /// So many jobs of one queue, of which four are in memory, and their records.
    private func crowd(_ count: Int, departures: Int = 100) throws -> (harness: Harness, jobs: [Job]) {
        var harness = Harness { ($0.hotJobsPerLane, $0.departuresPerPage) = (4, departures) }
        for _ in 0..<count { try harness.submit(.plain()) }
        let jobs = harness.history.compactMap { entry -> Job? in
            guard case .submitted(let event) = entry.event else { return nil }
            return Job(
                subject: event.job, kind: event.kind, payload: event.payload, priority: event.priority, timeout: nil,
                retry: event.retry, traceparent: nil, submittedAt: entry.time, state: .queued)
        }
        return (harness, jobs)
    }

    /// Brings a cold job in by name, and cancels it.
    private func cancel(_ job: Job, in harness: inout Harness) throws {
        harness.partition.beginRead(of: job.subject.id)
        let admission = harness.partition.admit(job)
        #expect(admission == .admitted)
        harness.partition.endRead(of: job.subject.id)
        try harness.perform(.cancel(job.subject.id))
    }

    /// Hands out the best job, which ends.
    private func workOffOne(_ harness: inout Harness) throws {
        for attempt in try harness.start() { try harness.perform(.complete(attempt, result: [])) }
    }

    @Test("When there is always a lookup of keys, those that no lookup names turn cold all the same")
    func keysOfOverlappingLookups() throws {
        var harness = Harness { ($0.hotKeys, $0.hotJobsPerLane) = (2, 4) }
        var open = naming("k0")
        harness.partition.beginRead(for: open)
        for number in 1...100 {
            let next = naming("k\(number)")
            harness.partition.beginRead(for: next)
            try harness.submit(JobSpec(kind: "work", idempotencyKey: "k\(number)"))
            harness.partition.endRead(for: open)
            open = next
            #expect(harness.partition.keys.count <= 3)
        }
        harness.partition.endRead(for: open)
        #expect(harness.partition.keys.count == 2)
    }

    @Test("However lookups of keys overlap, a key is one job", arguments: 1...20 as ClosedRange<UInt64>)
    func overlappingLookups(seed: UInt64) throws {
        var life = KeyLife(seed: seed)
        for _ in 0..<300 { try life.step() }
        try life.end()
        #expect(life.harness.partition.keys.count <= 5)
    }

    @Test("Of the jobs that leave memory while another is read by name nothing is remembered")
    func jobsBesideALookup() throws {
        var (harness, jobs) = try crowd(6)
        for _ in 0..<2 { harness.partition.beginRead(of: jobs[5].subject.id) }
        for _ in 0..<40 {
            try harness.submit(.plain(priority: 9))
            try workOffOne(&harness)
        }
        #expect(harness.partition.lookups.count == 1)

        #expect(harness.partition.admit(jobs[5]) == .admitted)
        try harness.perform(.cancel(jobs[5].subject.id))
        harness.partition.endRead(of: jobs[5].subject.id)
        #expect(harness.partition.admit(jobs[5]) == .departed)
        harness.partition.endRead(of: jobs[5].subject.id)
        #expect(harness.partition.lookups.count == 0)
    }

    @Test("A page remembers who left from behind its boundary, and not who else left memory")
    func jobsBesideAPage() throws {
        var (harness, jobs) = try crowd(10)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        for _ in 0..<40 {
            try harness.submit(.plain(priority: 9))
            try workOffOne(&harness)
        }
        let place = try #require(harness.partition.queues.find("default"))
        #expect(harness.partition.queues[place].lane.page?.departures.count == 0)

        try cancel(jobs[7], in: &harness)
        #expect(harness.partition.queues[place].lane.page?.departures.count == 1)
        harness.partition.finishPage(request, jobs: Array(jobs[4...]), isLast: true)
        #expect(harness.partition.checkInvariants() == [])
        let left = [4, 5, 6, 8, 9].map { jobs[$0].subject.id }
        #expect(try harness.start(limit: 9).map(\.job) == left)
    }

    @Test("A page during which more left than is remembered is given up, and wanted again")
    func tooManyDepartures() throws {
        var (harness, jobs) = try crowd(10, departures: 1)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        for job in jobs[7...8] { try cancel(job, in: &harness) }
        harness.partition.finishPage(request, jobs: Array(jobs[4...]), isLast: true)
        #expect(harness.partition.checkInvariants() == [])
        #expect(try harness.start(limit: 9) == [])

        let again = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(again.from == request.from && again.mustSeeAll)
        harness.partition.beginPage(again)
        let left = [4, 5, 6, 9].map { jobs[$0] }
        harness.partition.finishPage(again, jobs: left, isLast: true)
        #expect(try harness.start(limit: 9).map(\.job) == left.map(\.subject.id))
        #expect(harness.partition.checkInvariants() == [])
    }
}

/// Submissions of a few keys, looked up at random one beside the other, and what each key stands for.
private struct KeyLife {
    private struct Lookup {
        var submission: Command.Submission
        var cold: [String]
        /// What the read saw, if it looked at its begin; others look at their end.
        var found: [RememberedKey]?
    }

    var harness = Harness { ($0.hotKeys, $0.jobsPerSubmission, $0.hotJobsPerLane) = (2, 3, 4) }
    private var draws: Draws
    private var known: [String: RememberedKey] = [:]
    private var open: [Lookup] = []

    init(seed: UInt64) { draws = Draws(state: seed) }

    mutating func step() throws {
        if open.count < 4, draws.happens(oneIn: 2) { return try begin() }
        guard !open.isEmpty else { return }
        try finish(open.remove(at: draws.below(open.count)))
        #expect(harness.partition.keys.count <= 5 + 3 * open.count)
    }

    mutating func end() throws {
        while let lookup = open.popLast() { try finish(lookup) }
    }

    private mutating func begin() throws {
        let jobs = (0...draws.below(3)).map { _ in JobSpec(kind: "work", idempotencyKey: "k\(draws.below(9))") }
        let submission = Command.Submission(jobs: jobs, stamp: nil, seed: draws.next())
        let cold = harness.partition.coldKeys(in: submission)
        guard !cold.isEmpty else { return try decide(submission) }
        harness.partition.beginRead(for: submission)
        let found = draws.happens(oneIn: 2) ? look(for: cold) : nil
        open.append(Lookup(submission: submission, cold: cold, found: found))
    }

    private mutating func finish(_ lookup: Lookup) throws {
        harness.partition.admit(keys: lookup.found ?? look(for: lookup.cold))
        try decide(lookup.submission)
        harness.partition.endRead(for: lookup.submission)
    }

    private func look(for keys: [String]) -> [RememberedKey] { keys.compactMap { known[$0] } }

    private mutating func decide(_ submission: Command.Submission) throws {
        let (answer, events) = try harness.perform(.submit(submission))
        for event in events {
            guard case .submitted(let submitted) = event, let idempotency = submitted.idempotency else { continue }
            #expect(known[idempotency.key] == nil, "\(idempotency.key) became two jobs")
            known[idempotency.key] = RememberedKey(
                idempotency: idempotency, job: submitted.job.id, expires: harness.now + .seconds(24 * 3600))
        }
        guard case .submitted(let ids) = answer else { return record("\(answer)") }
        for (spec, id) in zip(submission.jobs, ids) {
            #expect(spec.idempotencyKey.flatMap { known[$0]?.job } == id)
        }
    }
}
