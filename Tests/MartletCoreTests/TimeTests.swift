import MartletCore
import Testing

@Suite("What time does")
struct TimeTests {
    @Test("Timers that are due are queued before a timed-out attempt comes back and pushes them out of memory")
    func timersComeFirst() throws {
        var harness = Harness { $0.hotBytesPerLane = 10 }
        try harness.submit(.plain(bytes: 10).with { $0.timeout = .seconds(1) })
        try harness.start()
        try harness.submit(.plain(start: .after(.seconds(3600)), bytes: 1))
        for _ in 0..<4 { try harness.submit(.plain(start: .after(.seconds(5)), bytes: 4)) }
        harness.wait(.seconds(10))

        let events = try harness.tick()

        #expect(events.count == 5)
        guard case .failed = events.last else { return record("\(events)") }
        #expect(harness.partition.counts(of: "default").queued == 4)
    }

    @Test("What is due happens in the order of time, timers before attempts, no more of it than the limit")
    func dueThingsHappenInOrder() throws {
        var harness = Harness()
        let ids = try harness.submit(
            .plain().with { $0.timeout = .seconds(1) }, .plain(), .plain(start: .after(.seconds(4))),
            .plain(start: .after(.seconds(2))))
        try harness.start(limit: 1)
        try harness.start(limit: 1, lease: .seconds(5))
        #expect(harness.partition.nextDue == harness.now + .seconds(2))
        harness.wait(.seconds(10))
        let before = harness
        let events = try harness.tick()
        guard events.count == 4, case .queued(let first, .scheduled) = events[0],
            case .queued(let second, .scheduled) = events[1], case .failed(let failed) = events[2],
            case .lost(let lost) = events[3]
        else { return record("\(events)") }
        #expect([first.id, second.id, failed.job.id, lost.job.id] == [ids[3], ids[2], ids[0], ids[1]])
        #expect(failed.failure.code == "timeout")
        #expect(failed.failures == 1)
        harness = before
        #expect(try harness.tick(limit: 3) == Array(events[..<3]))
        #expect(try harness.tick(limit: 3).count == 1)
        #expect(try harness.tick(limit: 0).count == 0)
    }

    @Test("Nothing happens before its time")
    func nothingIsEarly() throws {
        var harness = Harness()
        try harness.submit(.plain(start: .after(.seconds(3))), .plain().with { $0.timeout = .seconds(1) })
        try harness.start(lease: .seconds(3))
        harness.wait(.seconds(3) - .microseconds(1))
        #expect(try harness.tick() == [])
        harness.wait(.microseconds(1))
        // The timer, and the lease, which ends together with the time-out and its slack.
        let events = try harness.tick()
        guard events.count == 2, case .lost = events[1] else { return record("\(events)") }
    }

    @Test("An extended lease ends later, and a shortened one sooner; a session's lease needs no extension")
    func leaseIsExtended() throws {
        var harness = Harness()
        try harness.submit(.plain(), .plain())
        let leased = try harness.start(lease: .seconds(5))[0]
        let kept = try harness.start()[0]
        harness.wait(.seconds(4))
        let until = harness.now + .seconds(5)
        #expect(try harness.perform(.extend(leased, duration: .seconds(5))).answer == .extended(until))
        let (answer, events) = try harness.perform(.extend(kept, duration: .seconds(5)))
        #expect(answer == .extended(.distantFuture))
        #expect(events == [])
        #expect(harness.partition.nextDue == until)
        try harness.perform(.extend(leased, duration: .seconds(2)))
        #expect(harness.partition.nextDue == harness.now + .seconds(2))
        try harness.perform(.extend(leased, duration: .seconds(5)))
        harness.wait(.seconds(3))
        #expect(try harness.tick() == [])
        harness.wait(.seconds(2))
        #expect(try harness.tick().count == 1)
        #expect(harness.partition.nextDue == nil)
    }

    @Test("A log that extends a session's lease gives it an end")
    func extendedSession() throws {
        var harness = Harness()
        let job = try #require(try harness.submit(.plain()).first)
        let attempt = try #require(try harness.start().first)
        #expect(harness.partition.nextDue == nil)
        let until = harness.now + .seconds(5)
        let subject = Subject(id: job, number: 1, queue: "default")
        harness.partition.apply(.extended(subject, token: attempt.token, until: until), at: harness.now)
        #expect(harness.partition.nextDue == until)
        #expect(harness.partition.checkInvariants() == [])
    }

    @Test("A lease that is not above zero or too long is refused", arguments: [0, -1, 31 * 24 * 3600])
    func leaseIsChecked(seconds: Int) throws {
        var harness = Harness()
        try harness.submit(.plain())
        let order = Command.Start(queue: "default", session: .first, limit: 1, lease: .seconds(seconds))
        guard case .invalid(0, "lease", _) = harness.refusal(of: .start(order)) else {
            return record("the start was accepted")
        }
        let attempt = try harness.start()[0]
        guard case .invalid(0, "lease", _) = harness.refusal(of: .extend(attempt, duration: .seconds(seconds))) else {
            return record("the extension was accepted")
        }
    }

    @Test("The deadlines of attempts that are over do not pile up")
    func deadlinesArePruned() throws {
        var harness = Harness()
        try harness.submit(.plain())
        let attempt = try harness.start(lease: .seconds(5))[0]
        // The invariants bound the heap after each step.
        for step in 1...300 { try harness.perform(.extend(attempt, duration: .seconds(5 + step))) }
        #expect(harness.partition.nextDue == harness.now + .seconds(305))
    }
}
