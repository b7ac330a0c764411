import Testing

@testable import MartletCore

@Suite("Hot and cold")
struct LaneTests {
    private func crowd(_ count: Int) throws -> (harness: Harness, jobs: [Job]) {
        var harness = Harness { $0.hotJobsPerLane = 4 }
        let jobs = try (0..<count).map { _ in try submit(&harness) }
        return (harness, jobs)
    }

    /// A plain job, as the view has it.
    private func submit(_ harness: inout Harness) throws -> Job {
        try harness.submit(.plain())
        guard case .submitted(let event) = harness.history.last?.event else { throw NothingSubmitted() }
        return Job(
            subject: event.job, kind: event.kind, payload: event.payload, priority: event.priority,
            timeout: nil, retry: event.retry, traceparent: nil, submittedAt: harness.now, state: .queued)
    }

    private struct NothingSubmitted: Error {}

    @Test("Jobs behind a full lane are cold and still counted")
    func endOfFullLaneIsCold() throws {
        let (harness, _) = try crowd(10)
        #expect(harness.partition.hotJobCount == 4)
        #expect(harness.partition.counts(of: "default").queued == 10)
        #expect(harness.partition.readyCount(in: "default") == 4)
        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)
    }

    @Test("A job ahead of the boundary is hot, and pushes the end out when there is twice too much")
    func endSpills() throws {
        var (harness, _) = try crowd(6)
        for _ in 0..<4 { try harness.submit(.plain(priority: 9)) }
        #expect(harness.partition.hotJobCount == 8)
        try harness.submit(.plain(priority: 9))
        #expect(harness.partition.hotJobCount == 4)
        let attempts = try harness.start(limit: 9)
        #expect(attempts.count == 4)
        // The next page begins at the fifth of the best ones.
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(request.from == LaneKey(rank: 0, number: 11))
    }

    @Test("A page is wanted when a quarter is left, and fills the lane")
    func pageFillsLane() throws {
        var (harness, jobs) = try crowd(10)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(
            request == PageRequest(lane: .queue("default"), from: LaneKey(rank: 4, number: 5), jobs: 4, bytes: 16 << 20)
        )
        harness.partition.beginPage(request)
        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)
        harness.partition.finishPage(request, jobs: Array(jobs[4..<8]), isLast: false)
        #expect(harness.partition.checkInvariants() == [])
        #expect(try harness.start(limit: 9).map(\.job) == jobs[4..<8].map(\.subject.id))
        let next = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(next.from == LaneKey(rank: 4, number: 9))
        harness.partition.beginPage(next)
        harness.partition.finishPage(next, jobs: Array(jobs[8...]), isLast: true)
        #expect(try harness.start(limit: 9).count == 2)
        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)
    }

    @Test("A job of a page whose queue is not known is passed over")
    func unknownQueue() throws {
        var (harness, jobs) = try crowd(10)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        let subject = jobs[4].subject
        jobs[4].subject = Subject(id: subject.id, number: subject.number, queue: "nowhere")
        harness.partition.finishPage(request, jobs: Array(jobs[4..<6]), isLast: false)
        #expect(try harness.start(limit: 9).map(\.job) == [jobs[5].subject.id])
    }

    @Test("What arrives during a page and stands behind it is cold at once, whether or not the read saw it")
    func arrivalsDuringPageAreCold() throws {
        for isSeen in [false, true] {
            var (harness, jobs) = try crowd(7)
            try harness.start(limit: 4)
            let request = try #require(harness.partition.pageRequest(for: .queue("default")))
            harness.partition.beginPage(request)
            let late = try submit(&harness)
            #expect(harness.partition.hotJobCount == 4)
            #expect(try harness.start(limit: 9) == [])

            let read = jobs[4...] + (isSeen ? [late] : [])
            harness.partition.finishPage(request, jobs: Array(read), isLast: true)

            #expect(harness.partition.checkInvariants() == [])
            #expect(harness.partition.readyCount(in: "default") == 3)
            #expect(try harness.start(limit: 9).map(\.job) == jobs[4...].map(\.subject.id))
            let next = try #require(harness.partition.pageRequest(for: .queue("default")))
            #expect(next.from == LaneKey(rank: 4, number: 8) && next.mustSeeAll)
            harness.partition.beginPage(next)
            harness.partition.finishPage(next, jobs: [late], isLast: true)
            #expect(try harness.start(limit: 9).map(\.job) == [late.subject.id])
        }
    }

    @Test("A page must see all that happened only when something cold has changed since the one before")
    func onlyChangesMakeAPageWait() throws {
        var (harness, jobs) = try crowd(16)
        var request = try takePage(&harness, jobs, 4..<8)
        #expect(request.mustSeeAll)
        request = try takePage(&harness, jobs, 8..<12)
        #expect(!request.mustSeeAll)

        // One is brought in by name, and cancelled only while the next page is read.
        harness.partition.beginRead(of: jobs[14].subject.id)
        #expect(harness.partition.admit(jobs[14]) == .admitted)
        harness.partition.endRead(of: jobs[14].subject.id)
        try harness.start(limit: 4)
        request = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(request.mustSeeAll)
        harness.partition.beginPage(request)
        try harness.perform(.cancel(jobs[14].subject.id))
        harness.partition.finishPage(request, jobs: [jobs[12]], isLast: false)
        try harness.start(limit: 4)
        request = try #require(harness.partition.pageRequest(for: .queue("default")))
        #expect(request.mustSeeAll)

        harness.partition.beginPage(request)
        harness.partition.abandonPage(request)
        #expect(harness.partition.pageRequest(for: .queue("default"))?.mustSeeAll == true)
    }

    @Test("A page that came in stays, also in a crowd: it is not read again and again")
    func pageStaysInACrowd() throws {
        var harness = Harness {
            $0.hotJobs = 12
            $0.hotJobsPerLane = 12
        }
        for _ in 0..<12 { try harness.submit(JobSpec(kind: "plain", queue: "other")) }
        let jobs = try (0..<3).map { _ in try submit(&harness) }
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)

        harness.partition.finishPage(request, jobs: Array(jobs[1...]), isLast: true)

        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)
        #expect(harness.partition.readyCount(in: "default") == 3)
        #expect(harness.partition.checkInvariants() == [])
    }

    @Test("A lane that was all hot once turns cold again with a page that must see it")
    func coldAgain() throws {
        var (harness, jobs) = try crowd(8)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        harness.partition.finishPage(request, jobs: Array(jobs[4...]), isLast: true)
        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)

        _ = try submit(&harness)
        try harness.start(limit: 4)

        #expect(harness.partition.pageRequest(for: .queue("default"))?.mustSeeAll == true)
    }

    /// Starts what is ready and brings in some of the jobs; returns the page's request.
    private func takePage(_ harness: inout Harness, _ jobs: [Job], _ range: Range<Int>) throws -> PageRequest {
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        harness.partition.finishPage(request, jobs: Array(jobs[range]), isLast: false)
        return request
    }

    @Test("A page that could not be read is wanted again")
    func failedPageIsWantedAgain() throws {
        var (harness, _) = try crowd(10)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        try harness.submit(.plain())
        harness.partition.abandonPage(request)
        #expect(harness.partition.checkInvariants() == [])
        #expect(harness.partition.pageRequest(for: .queue("default")) == request)
        #expect(harness.partition.hotJobCount == 4)
    }

    @Test("A record that was read too early is not admitted, neither by name nor by page")
    func earlyRecordIsRefused() throws {
        var (harness, jobs) = try crowd(6)
        harness.partition.beginRead(of: jobs[4].subject.id)
        try harness.start(limit: 4)
        let request = try #require(harness.partition.pageRequest(for: .queue("default")))
        harness.partition.beginPage(request)
        #expect(harness.partition.admit(jobs[4]) == .admitted)
        try harness.perform(.cancel(jobs[4].subject.id))
        #expect(harness.partition.admit(jobs[4]) == .departed)
        harness.partition.finishPage(request, jobs: Array(jobs[4...]), isLast: true)
        #expect(try harness.start(limit: 9).map(\.job) == [jobs[5].subject.id])
        harness.partition.endRead(of: jobs[4].subject.id)
        #expect(harness.partition.counts(of: "default") == LaneCounts(running: 5))
    }

    @Test("A record of a job that turned cold meanwhile, as it is, is admitted")
    func unchangedRecordIsAdmitted() throws {
        var (harness, jobs) = try crowd(4)
        harness.partition.beginRead(of: jobs[3].subject.id)
        for _ in 0..<5 { try harness.submit(.plain(priority: 9)) }
        #expect(harness.partition.job(jobs[3].subject.id) == nil)
        #expect(harness.partition.admit(jobs[3]) == .admitted)
        #expect(harness.partition.admit(jobs[3]) == .alreadyHot)
        #expect(harness.partition.checkInvariants() == [])
        try harness.perform(.cancel(jobs[3].subject.id))
        harness.partition.endRead(of: jobs[3].subject.id)
        #expect(harness.partition.counts(of: "default").queued == 8)
    }

    @Test("Large payloads fill a lane like many jobs do")
    func bytesFillLane() throws {
        var harness = Harness { $0.hotBytesPerLane = 10 }
        for _ in 0..<4 { try harness.submit(.plain(bytes: 6)) }
        #expect(harness.partition.hotJobCount == 2)
        #expect(harness.partition.pageRequest(for: .queue("default")) == nil)
        try harness.start(limit: 2)
        #expect(harness.partition.pageRequest(for: .queue("default"))?.bytes == 10)
    }

    @Test("In a crowd each lane keeps at least its first job")
    func crowdIsShared() throws {
        var harness = Harness { $0.hotJobs = 4 }
        for queue in ["a", "b", "c", "d", "e", "f"] {
            for _ in 0..<3 { try harness.submit(.plain().with { $0.queue = queue }) }
        }
        // The first queue came before the crowd and has all its jobs hot.
        #expect(harness.partition.hotJobCount == 3 + 5)
        for queue in ["b", "f"] { #expect(try harness.start(queue, limit: 9).count >= 1) }
        #expect(harness.partition.pageRequest(for: .queue("f"))?.jobs ?? 0 >= 1)
    }

    @Test("In a crowd, too, a cold job is there for the command that names it")
    func admittedInACrowd() throws {
        var harness = Harness { ($0.hotJobs, $0.hotJobsPerLane) = (4, 4) }
        for _ in 0..<2 { try harness.submit(.plain().with { $0.queue = "other" }) }
        let jobs = try (0..<4).map { _ in try submit(&harness) }
        #expect(harness.partition.job(jobs[3].subject.id) == nil)

        harness.partition.beginRead(of: jobs[3].subject.id)
        #expect(harness.partition.admit(jobs[3]) == .admitted)
        harness.partition.endRead(of: jobs[3].subject.id)

        try harness.perform(.cancel(jobs[3].subject.id))
        #expect(harness.partition.counts(of: "default").queued == 3)
    }

    @Test("Cold timers ask for their page before they are due")
    func timersArePagedInTime() throws {
        var harness = Harness { $0.hotJobsPerLane = 2 }
        for seconds in [10, 20, 30, 40] { try harness.submit(.plain(start: .after(.seconds(seconds)))) }
        #expect(harness.partition.hotJobCount == 2)
        #expect(harness.partition.timerPageWantedAt == nil)
        let boundary = harness.now + .seconds(30)
        harness.wait(.seconds(20))
        #expect(try harness.tick().count == 2)
        #expect(harness.partition.nextDue == nil)
        #expect(harness.partition.timerPageWantedAt == boundary + .seconds(-5))
        #expect(harness.partition.pageRequest(for: .timers)?.from.rank == UInt64(boundary.microseconds))
    }

    @Test("After a restart what runs is hot, and all that waits is cold")
    func restoredPartitionIsCold() throws {
        var harness = Harness()
        try harness.submit(.plain(), .plain(), .plain(start: .after(.seconds(9))))
        let attempt = try harness.start(lease: .seconds(4))[0]
        let job = try #require(harness.partition.job(attempt.job))
        harness.partition = Partition(
            limits: Limits(),
            restoring: Restored(
                epoch: 3, nextNumber: 4, nextToken: 2, running: [job],
                queues: harness.partition.allCounts.map { ($0.queue, $0.counts) }, clients: [], keys: [],
                coldKeyCount: 0))
        #expect(harness.partition.checkInvariants() == [])
        #expect(harness.partition.epoch == 3)
        #expect(harness.partition.runningJobs(of: .first) == [attempt])
        #expect(harness.partition.nextDue == harness.now + .seconds(4))
        #expect(harness.partition.pageRequest(for: .queue("default"))?.from == .smallest)
        #expect(harness.partition.pageRequest(for: .timers) != nil)
        #expect(harness.partition.counts(of: "default") == LaneCounts(scheduled: 1, queued: 1, running: 1))
        try harness.perform(.complete(attempt, result: []))
    }
}
