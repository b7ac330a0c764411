import MartletCore
import Testing

@Suite("Attempts")
struct AttemptTests {
    @Test("The best jobs go first: by priority, then by age")
    func bestGoFirst() throws {
        var harness = Harness()
        let ids = try harness.submit(.plain(), .plain(priority: 9), .plain(), .plain(priority: 9), .plain(priority: 0))
        let attempts = try harness.start(limit: 4)
        #expect(attempts.map(\.job) == [ids[1], ids[3], ids[0], ids[2]])
        #expect(attempts.map(\.token.value) == [1, 2, 3, 4])
        #expect(harness.partition.runningJobs(of: .first) == attempts)
        #expect(harness.partition.counts(of: "default") == LaneCounts(queued: 1, running: 4))
        #expect(try harness.start("other", limit: 4) == [])
        #expect(try harness.start(limit: 0) == [])
    }

    @Test("No more jobs run than may, by number and by bytes")
    func runningIsBounded() throws {
        var harness = Harness { $0.running = 3 }
        for _ in 0..<5 { try harness.submit(.plain()) }
        #expect(try harness.start(limit: 2).count == 2)
        #expect(try harness.start(limit: 2).count == 1)
        #expect(try harness.start(limit: 2).count == 0)
        var heavy = Harness { $0.hotBytes = 10 }
        try heavy.submit(.plain(bytes: 4), .plain(bytes: 4))
        #expect(try heavy.start(limit: 3).count == 2)
        try heavy.submit(.plain(bytes: 4), .plain(bytes: 4))
        #expect(try heavy.start(limit: 3).count == 1)
        #expect(heavy.partition.runningJobs(of: .first).count == 3)
        #expect(try heavy.start(limit: 3).count == 0)
        #expect(heavy.partition.hotByteCount == 16)
    }

    @Test("One order takes as many payloads as fit, and one that alone does not")
    func orderOfBytes() throws {
        var harness = Harness()
        for bytes in [4, 6, 1, 11, 2] { try harness.submit(.plain(bytes: bytes)) }
        #expect(try harness.start(limit: 5, bytes: 10).count == 2)
        #expect(try harness.start(limit: 5, bytes: 10).count == 1)
        #expect(try harness.start(limit: 5, bytes: 10).count == 1)
        #expect(try harness.start(limit: 5, bytes: 10).count == 1)
    }

    @Test("A completed job is gone, and a second outcome is refused")
    func completionIsAcceptedOnce() throws {
        var harness = Harness()
        try harness.submit(.plain())
        let attempt = try harness.start()[0]
        let (_, events) = try harness.perform(.complete(attempt, result: [4]))
        guard case .completed(let completed) = events.first else { return record("no event") }
        #expect(completed.result == [4])
        #expect(completed.attempt == 1)
        #expect(harness.partition.hotJobCount == 0)
        #expect(harness.partition.allCounts.isEmpty)
        #expect(harness.refusal(of: .complete(attempt, result: [])) == .unknownJob(attempt.job))
    }

    @Test("Whoever holds an older token holds nothing")
    func staleTokenIsRefused() throws {
        var harness = Harness()
        try harness.submit(.plain())
        let old = try harness.start()[0]
        try harness.perform(.release(old))
        let failing = Command.Failing(
            failure: Failure(code: "x", message: ""), isFinal: false, retryAfter: nil, seed: 1)
        let commands: [Command] = [
            .complete(old, result: []), .fail(old, failing), .release(old), .extend(old, duration: .seconds(1)),
        ]
        for command in commands { #expect(harness.refusal(of: command) == .staleAttempt(old)) }
        let current = try harness.start(session: .second)[0]
        #expect(current.token > old.token)
        for command in commands { #expect(harness.refusal(of: command) == .staleAttempt(old)) }
    }

    @Test("A result over the limit is refused")
    func resultIsBounded() throws {
        var harness = Harness { $0.payloadBytes = 3 }
        try harness.submit(.plain())
        let attempt = try harness.start()[0]
        guard case .invalid(0, "result", _) = harness.refusal(of: .complete(attempt, result: [1, 2, 3, 4])) else {
            return record("it was accepted")
        }
        try harness.perform(.complete(attempt, result: [1, 2, 3]))
    }

    @Test("A released attempt does not count, and its job keeps its place")
    func releasedAttemptIsGivenBack() throws {
        var harness = Harness()
        let ids = try harness.submit(.plain(), .plain())
        try harness.perform(.release(try harness.start()[0]))
        #expect(harness.partition.job(ids[0])?.attempt == 0)
        #expect(try harness.start()[0].job == ids[0])
        #expect(harness.partition.job(ids[0])?.attempt == 1)
    }

    @Test("A failed attempt is retried within its backoff until the attempts are used up")
    func failureIsRetried() throws {
        var harness = Harness()
        let id = try harness.submit(
            .plain().with {
                $0.retry = RetryPolicy(attempts: 3, initialBackoff: .seconds(10), maxBackoff: .seconds(15))
            })[0]
        for (number, ceiling) in [(1, 10), (2, 15)] {
            let failed = try #require(try harness.fail(try harness.start()[0]))
            let due = try #require(failed.due)
            #expect(failed.failures == number)
            #expect(due >= harness.now && due <= harness.now + .seconds(ceiling))
            #expect(harness.partition.job(id)?.state == .retrying)
            #expect(harness.partition.nextDue == due)
            harness.now = due
            #expect(try harness.tick().count == 1)
        }
        let last = try #require(try harness.fail(try harness.start()[0]))
        #expect(last.due == nil)
        #expect(last.attempt == 3)
        #expect(harness.partition.job(id) == nil)
    }

    @Test("A final failure is not retried; a wish to wait longer is kept")
    func failureFollowsTheWorker() throws {
        var harness = Harness()
        try harness.submit(.plain(), .plain())
        let attempts = try harness.start(limit: 2)
        let failing = Command.Failing(
            failure: Failure(code: "", message: ""), isFinal: true, retryAfter: nil, seed: 1)
        let (answer, events) = try harness.perform(.fail(attempts[0], failing))
        #expect(answer == .failed(.dead, due: nil))
        guard case .failed(let failed) = events[0] else { return record("no event") }
        #expect(failed.failure.code == "error")
        #expect(try harness.fail(attempts[1], retryAfter: .seconds(7200))?.due == harness.now + .seconds(7200))
    }

    @Test("A failure is refused with a code that is no name or a wait that is negative or too long")
    func failureIsChecked() throws {
        var harness = Harness()
        try harness.submit(.plain())
        let attempt = try harness.start()[0]
        var failing = Command.Failing(
            failure: Failure(code: "a b", message: ""), isFinal: true, retryAfter: nil, seed: 1)
        guard case .invalid(0, "failure.code", _) = harness.refusal(of: .fail(attempt, failing)) else {
            return record("the code was accepted")
        }
        failing.failure.code = "x"
        for wait in [.seconds(-1), harness.partition.limits.longestDuration + .microseconds(1)] as [Duration] {
            failing.retryAfter = wait
            guard case .invalid(0, "retry_after", _) = harness.refusal(of: .fail(attempt, failing)) else {
                return record("the wait \(wait) was accepted")
            }
        }
    }

    @Test("A failure's message is cut at a character")
    func messageIsCut() throws {
        var harness = Harness { $0.failureMessageBytes = 6 }
        try harness.submit(.plain(), .plain())
        let attempts = try harness.start(limit: 2)
        #expect(try harness.fail(attempts[0], message: "abcde\u{301}fgh")?.failure.message == "abcd")
        #expect(try harness.fail(attempts[1], message: "abcdef")?.failure.message == "abcdef")
    }

    @Test("A lost session's jobs are queued again at their old place, but those it still has")
    func sessionIsLost() throws {
        var harness = Harness()
        let ids = try harness.submit(.plain(), .plain(), .plain(), .plain())
        let attempts = try harness.start(limit: 3)
        let events = try harness.perform(.lose(.first, except: [attempts[1]])).events
        let lost = events.compactMap { event -> JobID? in
            guard case .lost(let lost) = event else { return nil }
            return lost.job.id
        }
        #expect(lost == [ids[0], ids[2]])
        #expect(harness.partition.runningJobs(of: .first) == [attempts[1]])
        #expect(try harness.start(limit: 9, session: .second).map(\.job) == [ids[0], ids[2], ids[3]])
        #expect(harness.partition.job(ids[0])?.failures == 0)
        #expect(harness.partition.job(ids[0])?.losses == 1)
    }

    @Test("A job that is lost too often is dead")
    func killerIsQuarantined() throws {
        var harness = Harness { $0.losses = 2 }
        let id = try harness.submit(.plain())[0]
        try harness.start()
        try harness.perform(.lose(.first, except: []))
        try harness.start()
        let events = try harness.perform(.lose(.first, except: [])).events
        guard case .lost(let lost) = events.first else { return record("no event") }
        #expect(lost.isQuarantined)
        #expect(lost.attempt == 2)
        #expect(harness.partition.job(id) == nil)
    }

    @Test("A job is cancelled in each state before its end, and its lease is void")
    func cancelEndsAJob() throws {
        var harness = Harness()
        let ids = try harness.submit(.plain(), .plain(), .plain(start: .after(.seconds(9))), .plain())
        let attempts = try harness.start(limit: 2)
        try harness.fail(attempts[1], retryAfter: .seconds(5))
        let states = [JobState.running, .retrying, .scheduled, .queued]
        for (id, state) in zip(ids, states) {
            guard case .cancelled(_, let from) = try harness.perform(.cancel(id)).events.first else {
                return record("no event")
            }
            #expect(from == state)
        }
        #expect(harness.partition.hotJobCount == 0)
        #expect(harness.partition.nextDue == nil)
        #expect(harness.refusal(of: .complete(attempts[0], result: [])) == .unknownJob(ids[0]))
        #expect(harness.refusal(of: .cancel(ids[0])) == .unknownJob(ids[0]))
    }

    @Test("Only a dead job is redriven; its counts start again, its attempts count on")
    func deadJobIsRedriven() throws {
        var harness = Harness()
        let id = try harness.submit(.plain())[0]
        #expect(harness.refusal(of: .redrive(id)) == .wrongState(id, .queued))
        let attempt = try harness.start()[0]
        var record = try #require(harness.partition.job(id))
        try harness.fail(attempt, isFinal: true)
        #expect(harness.refusal(of: .redrive(id)) == .unknownJob(id))
        (record.state, record.lease, record.failures) = (.dead, nil, 1)
        harness.partition.beginRead(of: id)
        #expect(harness.partition.admit(record) == .admitted)
        #expect(harness.partition.admit(record) == .alreadyHot)
        harness.partition.endRead(of: id)
        #expect(harness.refusal(of: .cancel(id)) == .wrongState(id, .dead))
        try harness.perform(.redrive(id))
        #expect(harness.partition.job(id)?.failures == 0)
        try harness.start()
        #expect(harness.partition.job(id)?.attempt == 2)
    }

    @Test("The epoch is that of the latest leader")
    func leaderIsFollowed() throws {
        var harness = Harness()
        try harness.perform(.lead(epoch: 4))
        #expect(harness.partition.epoch == 4)
    }
}
