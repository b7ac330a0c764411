import MartletCore
import Testing

@Suite("Recognising what was submitted before")
struct RecognitionTests {
    private func keyed(_ key: String, kind: String = "work") -> JobSpec {
        JobSpec(kind: kind, idempotencyKey: key)
    }

    @Test("The same key and request return the same job, within one submission too")
    func sameKeyIsSameJob() throws {
        var harness = Harness()
        let first = try harness.submit(keyed("a"), keyed("b"), keyed("a"))
        #expect(first[0] == first[2])
        #expect(first[0] != first[1])
        var traced = keyed("a")
        traced.traceparent = "00-1"
        #expect(try harness.submit(traced) == [first[0]])
        #expect(harness.partition.counts(of: "default").queued == 2)
    }

    @Test("The same key for another request is a conflict, and nothing of the submission is kept")
    func otherRequestConflicts() throws {
        var harness = Harness()
        let id = try harness.submit(keyed("a"))[0]
        let submission = Command.Submission(jobs: [.plain(), keyed("a", kind: "other")], stamp: nil, seed: 50)
        #expect(
            harness.refusal(of: .submit(submission)) == .idempotencyConflict(index: 1, key: "a", job: id))
    }

    @Test("Each field but the trace context makes another request")
    func fingerprintCoversFields() {
        let changes: [(inout JobSpec) -> Void] = [
            { $0.kind = "other" }, { $0.queue = "other" }, { $0.payload = [1] }, { $0.payload = [0, 0] },
            { $0.priority = 4 }, { $0.start = .after(.seconds(1)) }, { $0.start = .at(Timestamp(microseconds: 1)) },
            { $0.timeout = .seconds(1) }, { $0.retry.attempts = 3 }, { $0.retry.initialBackoff = .seconds(2) },
            { $0.retry.maxBackoff = .seconds(2) },
        ]
        for change in changes {
            var harness = Harness()
            #expect(throws: Never.self) { try harness.submit(keyed("a")) }
            let submission = Command.Submission(jobs: [keyed("a").with(change)], stamp: nil, seed: 50)
            guard case .idempotencyConflict = harness.refusal(of: .submit(submission)) else {
                Issue.record("a change was not seen")
                continue
            }
        }
    }

    @Test("A key is free again after its window, also when its job still waits")
    func keyExpires() throws {
        var harness = Harness()
        let first = try harness.submit(keyed("a"))
        harness.wait(.seconds(24 * 3600) - .microseconds(1))
        #expect(try harness.submit(keyed("a")) == first)
        harness.wait(.microseconds(1))
        #expect(try harness.submit(keyed("a")) != first)
    }

    @Test("Keys over the limit turn cold, are asked for, and count again once admitted")
    func keysTurnCold() throws {
        var harness = Harness { $0.hotKeys = 2 }
        #expect(harness.partition.coldKeys(in: Command.Submission(jobs: [keyed("x")], stamp: nil, seed: 0)) == [])
        let first = try harness.submit(keyed("a"))
        let expires = harness.now + .seconds(24 * 3600)
        guard case .submitted(let event) = harness.history[0].event, let idempotency = event.idempotency else {
            return record("no event")
        }
        try harness.submit(keyed("b"), keyed("c"))
        let again = Command.Submission(jobs: [keyed("a"), keyed("c"), keyed("a"), keyed("d")], stamp: nil, seed: 0)
        #expect(harness.partition.coldKeys(in: again) == ["a", "d"])
        harness.partition.beginRead(for: again)
        harness.partition.admit(keys: [RememberedKey(idempotency: idempotency, job: first[0], expires: expires)])
        #expect(try harness.submit(keyed("a")) == first)
        harness.partition.endRead(for: again)
        #expect(harness.partition.checkInvariants() == [])
        harness.wait(.seconds(25 * 3600))
        try harness.submit(keyed("e"))
        #expect(harness.partition.coldKeys(in: again) == [])
    }

    @Test("While keys of a submission are looked up all of its keys stay, those that come too, and no others")
    func readKeepsKeys() throws {
        var harness = Harness { $0.hotKeys = 1 }
        let all = Command.Submission(jobs: ["a", "b", "c"].map { keyed($0) }, stamp: nil, seed: 0)
        var read = all
        read.jobs.removeLast()
        let before = try harness.submit(keyed("a"))
        harness.partition.beginRead(for: read)
        let meanwhile = try harness.submit(keyed("b"))
        try harness.submit(keyed("c"), keyed("d"))
        #expect(harness.partition.coldKeys(in: all) == ["c"])
        #expect(try harness.submit(keyed("a"), keyed("b")) == before + meanwhile)
        harness.partition.endRead(for: read)
        #expect(harness.partition.coldKeys(in: all) == ["a", "b", "c"])
    }

    @Test("A repeated numbered submission is answered with the same jobs and leads to nothing")
    func repeatedSubmissionIsRecognised() throws {
        var harness = Harness()
        let stamp = SubmissionStamp(client: ClientID(1), sequence: 1)
        let earlier = try harness.submit(keyed("a"))
        let first = Command.submit(Command.Submission(jobs: [.plain(), keyed("a"), .plain()], stamp: stamp, seed: 8))
        let (answer, events) = try harness.perform(first)
        #expect(events.first == .numbered(Event.Numbered(stamp: stamp, seed: 8, count: 2)))
        #expect(events.count == 3)
        harness.wait(.seconds(1))
        let again = Command.submit(Command.Submission(jobs: [.plain(), keyed("a"), .plain()], stamp: stamp, seed: 9))
        let second = try harness.perform(again)
        #expect(second.answer == answer)
        #expect(second.events == [])
        guard case .submitted(let ids) = answer else { return record("no identifiers") }
        #expect(ids[1] == earlier[0])
        let other = Command.submit(Command.Submission(jobs: [.plain()], stamp: stamp, seed: 9))
        guard case .invalid(0, "jobs", _) = harness.refusal(of: other) else { return record("accepted") }
    }

    @Test("A repeated submission whose known keys expired is forgotten; one of new jobs only is answered")
    func expiredKeysAreForgotten() throws {
        var harness = Harness()
        func repeated(_ sequence: UInt64, _ jobs: [JobSpec]) -> Command {
            let stamp = SubmissionStamp(client: ClientID(1), sequence: sequence)
            return .submit(Command.Submission(jobs: jobs, stamp: stamp, seed: 900 + sequence))
        }
        let first = try harness.perform(repeated(1, [keyed("a")])).answer
        try harness.perform(repeated(2, [.plain(), keyed("a")]))
        harness.wait(.seconds(24 * 3600))
        #expect(try harness.perform(repeated(1, [keyed("a")])).answer == first)
        let forgotten = Refusal.forgottenSubmission(SubmissionStamp(client: ClientID(1), sequence: 2))
        #expect(harness.refusal(of: repeated(2, [.plain(), keyed("a")])) == forgotten)
        try harness.submit(keyed("a"))
        #expect(harness.refusal(of: repeated(2, [.plain(), keyed("a")])) == forgotten)
    }

    @Test("Within the window numbers may arrive in any order; older ones are forgotten")
    func windowOfNumbers() throws {
        var harness = Harness { $0.submissionsInFlight = 3 }
        func stamp(_ sequence: UInt64) -> SubmissionStamp { SubmissionStamp(client: ClientID(1), sequence: sequence) }
        for sequence: UInt64 in [3, 1, 2, 5] { try harness.submit(.plain(), stamp: stamp(sequence)) }
        #expect(harness.partition.counts(of: "default").queued == 4)
        let old = Command.submit(Command.Submission(jobs: [.plain()], stamp: stamp(1), seed: 1))
        #expect(harness.refusal(of: old) == .forgottenSubmission(stamp(1)))
        try harness.submit(.plain(), stamp: stamp(4))
        try harness.submit(.plain(), stamp: stamp(5))
        #expect(harness.partition.counts(of: "default").queued == 5)
    }

    @Test("The client idle for longest is forgotten, and its later numbers are not taken for new")
    func clientsAreBounded() throws {
        var harness = Harness {
            $0.clients = 2
            $0.submissionsInFlight = 2
        }
        func stamp(_ client: UInt64, _ sequence: UInt64) -> SubmissionStamp {
            SubmissionStamp(client: ClientID(client), sequence: sequence)
        }
        for sequence: UInt64 in 1...3 { try harness.submit(.plain(), stamp: stamp(1, sequence)) }
        for sequence: UInt64 in 1...3 { try harness.submit(.plain(), stamp: stamp(2, sequence)) }
        try harness.submit(.plain(), stamp: stamp(1, 4))
        try harness.submit(.plain(), stamp: stamp(3, 1))
        let forgotten = Command.submit(Command.Submission(jobs: [.plain()], stamp: stamp(2, 4), seed: 1))
        #expect(harness.refusal(of: forgotten) == .forgottenSubmission(stamp(2, 4)))
        try harness.submit(.plain(), stamp: stamp(1, 5))
        #expect(harness.partition.counts(of: "default").queued == 9)
    }

    @Test("Where one client has room, each takes the place of the one before")
    func oneClient() throws {
        var harness = Harness { $0.clients = 1 }
        for client: UInt64 in [1, 2, 3, 2] {
            try harness.submit(.plain(), stamp: SubmissionStamp(client: ClientID(client), sequence: 1))
        }
        // The second of them was forgotten, and its number is taken for new.
        #expect(harness.partition.counts(of: "default").queued == 4)
    }
}
