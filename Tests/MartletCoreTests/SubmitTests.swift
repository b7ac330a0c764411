import MartletCore
import Testing

@Suite("Submitting")
struct SubmitTests {
    @Test("Submitted jobs are queued with the identifiers of their time, seed and index")
    func submittedJobsAreQueued() throws {
        var harness = Harness()
        let submission = Command.Submission(jobs: [.plain(), .plain()], stamp: nil, seed: 9)
        let (answer, events) = try harness.perform(.submit(submission))
        let ids = [0, 1].map { JobID(at: harness.now, seed: 9, index: $0) }
        #expect(answer == .submitted(ids))
        #expect(events.count == 2)
        #expect(harness.partition.counts(of: "default") == LaneCounts(queued: 2))
        #expect(harness.partition.readyCount(in: "default") == 2)
        #expect(harness.partition.job(ids[1])?.subject.number == 2)
        #expect(harness.partition.allCounts.map(\.queue) == ["default"])
    }

    @Test(
        "A field out of its range is refused by its name and with the limit",
        arguments: [
            ("kind", JobSpec.plain().with { $0.kind = "" }), ("kind", JobSpec.plain().with { $0.kind = "a b" }),
            ("kind", JobSpec.plain().with { $0.kind = "ä" }), ("kind", JobSpec.plain().with { $0.kind = "a,b" }),
            ("queue", JobSpec.plain().with { $0.queue = String(repeating: "q", count: 201) }),
            ("payload", JobSpec.plain(bytes: 1 << 20 + 1)), ("priority", JobSpec.plain(priority: 10)),
            ("retry.attempts", JobSpec.plain().with { $0.retry.attempts = 0 }),
            ("retry.attempts", JobSpec.plain().with { $0.retry.attempts = 1001 }),
            ("retry.initial_backoff", JobSpec.plain().with { $0.retry.initialBackoff = .seconds(-1) }),
            ("retry.initial_backoff", JobSpec.plain().with { $0.retry.initialBackoff = .seconds(3601) }),
            ("retry.max_backoff", JobSpec.plain().with { $0.retry.maxBackoff = .seconds(31 * 24 * 3600) }),
            ("timeout", JobSpec.plain().with { $0.timeout = .zero }),
            ("timeout", JobSpec.plain().with { $0.timeout = .seconds(31 * 24 * 3600) }),
            ("run_at", JobSpec.plain(start: .at(.distantFuture))),
            ("delay", JobSpec.plain(start: .after(.seconds(-1)))),
            ("delay", JobSpec.plain(start: .after(.seconds(3651 * 24 * 3600)))),
            ("idempotency_key", JobSpec.plain().with { $0.idempotencyKey = "" }),
            ("traceparent", JobSpec.plain().with { $0.traceparent = String(repeating: "0", count: 129) }),
            ("traceparent", JobSpec.plain().with { $0.traceparent = "00\n" }),
        ])
    func invalidFieldIsRefused(field: String, spec: JobSpec) {
        let harness = Harness()
        let submission = Command.Submission(jobs: [.plain(), spec], stamp: nil, seed: 1)
        guard case .invalid(1, let named, let message) = harness.refusal(of: .submit(submission)) else {
            Issue.record("\(field) was not refused")
            return
        }
        #expect(named == field)
        #expect(!message.isEmpty)
    }

    @Test("The edges of each range are accepted")
    func edgesAreAccepted() throws {
        var harness = Harness()
        let name = "azAZ09._:/-" + String(repeating: "x", count: 189)
        let longest = harness.partition.limits.longestDuration
        try harness.submit(
            JobSpec(
                kind: name, queue: name, payload: [UInt8](repeating: 0, count: 1 << 20), priority: 0,
                start: .after(harness.partition.limits.furthestStart), timeout: longest,
                retry: RetryPolicy(attempts: 1000, initialBackoff: longest, maxBackoff: longest),
                idempotencyKey: name, traceparent: String(repeating: "~", count: 128)),
            .plain(priority: 9, start: .at(harness.now + harness.partition.limits.furthestStart)))
        #expect(harness.partition.counts(of: name) == LaneCounts(scheduled: 1))
    }

    @Test("A submission without jobs, with too many or with too many bytes is refused as a whole")
    func submissionIsBounded() {
        let harness = Harness {
            $0.jobsPerSubmission = 2
            $0.bytesPerSubmission = 10
        }
        func refusal(_ jobs: [JobSpec]) -> Refusal? {
            harness.refusal(of: .submit(Command.Submission(jobs: jobs, stamp: nil, seed: 1)))
        }
        guard case .invalid(0, "jobs", _) = refusal([]) else { return record("an empty one was accepted") }
        #expect(
            refusal([.plain(), .plain(), .plain()])
                == .tooLarge(message: "3 jobs are over the limit of 2 a submission"))
        #expect(
            refusal([.plain(bytes: 6), .plain(bytes: 5)])
                == .tooLarge(message: "11 bytes of payload are over the limit of 10 a submission"))
        #expect(refusal([.plain(bytes: 5), .plain(bytes: 5)]) == nil)
    }

    @Test("A start in the past or right now means at once")
    func pastStartIsNow() throws {
        var harness = Harness()
        try harness.submit(
            .plain(start: .at(Timestamp(microseconds: 5))), .plain(start: .after(.zero)),
            .plain(start: .at(harness.now)), .plain(start: .after(.seconds(1))))
        #expect(harness.partition.counts(of: "default") == LaneCounts(scheduled: 1, queued: 3))
        #expect(harness.partition.nextDue == harness.now + .seconds(1))
    }

    @Test("More queues with jobs than the limit are refused; a queue without jobs does not count")
    func queuesAreBounded() throws {
        var harness = Harness { $0.queues = 2 }
        let ids = try harness.submit(.plain().with { $0.queue = "a" }, .plain().with { $0.queue = "b" })
        let third = Command.submit(
            Command.Submission(
                jobs: [.plain().with { $0.queue = "c" }, .plain().with { $0.queue = "a" }], stamp: nil, seed: 99))
        #expect(harness.refusal(of: third) == .exhausted(what: "queues", limit: 2))
        try harness.perform(.cancel(ids[1]))
        try harness.perform(third)
        #expect(harness.partition.allCounts.map(\.queue) == ["a", "c"])
    }

    @Test("The same time and seed twice are refused rather than answered with another's identifiers")
    func collidingSeedIsRefused() throws {
        var harness = Harness()
        let command = Command.submit(Command.Submission(jobs: [.plain()], stamp: nil, seed: 5))
        try harness.perform(command)
        guard case .exhausted = harness.refusal(of: command) else { return record("it was accepted") }
    }
}
