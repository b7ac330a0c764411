import MartletCore
import MartletView
import Testing

@testable import MartletNode

@Suite("A node whose log takes its time", .timeLimit(.minutes(1)))
struct SlowLogTests {
    private static func timed(_ timeout: Duration) -> JobSpec {
        var spec = JobSpec.mail()
        (spec.timeout, spec.retry.attempts) = (timeout, 1)
        return spec
    }

    /// Holds what is written now back; what comes next gathers, from this moment on.
    private static func stall(
        _ harness: NodeHarness, _ node: Node, _ specs: [JobSpec]
    ) async -> [Task<JobID, any Error>] {
        harness.log.closeGate()
        let written = Task { try await node.submitOne() }
        await harness.log.appendArrives()
        return [written] + specs.map { spec in Task { try await node.submitOne(spec) } }
    }

    @Test("An attempt has its whole time from when it is handed out, not from when its entry began to gather")
    func timeouts() async throws {
        var configuration = NodeConfiguration()
        configuration.sessionGrace = .seconds(3600)
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let submissions = await Self.stall(harness, node, [Self.timed(.seconds(20))])
            await node.whenWaiting(1)
            await harness.advance(by: .seconds(9))
            harness.log.openGate()
            for submission in submissions { _ = try await submission.value }

            var deliveries: [Delivery] = []
            while deliveries.count < 2 { deliveries += try await worker.attempts() }
            await harness.advance(by: .seconds(19))
            await node.report(1, deliveries.map { .completed($0) }, from: connection)

            #expect(try await worker.settled().refused.isEmpty)
        }
    }

    @Test("An attempt whose own entry took longer than those before has as much more time")
    func slowStart() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            _ = try await node.submitOne(Self.timed(.seconds(1)))
            harness.log.closeGate()
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            await harness.log.appendArrives()
            await harness.advance(by: .seconds(9))
            harness.log.openGate()

            let deliveries = try await worker.attempts()
            await harness.advance(by: .seconds(1))
            await node.report(1, deliveries.map { .completed($0) }, from: connection)

            #expect(try await worker.settled().refused.isEmpty)
        }
    }

    @Test("A lease that is extended lasts from when that was asked for")
    func extensions() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            _ = try await node.submitOne()
            let leased = try await node.lease(queues: ["mail"], limit: 1, lease: .seconds(30), wait: .zero)
            let attempt = try #require(leased.first).attempt
            let submissions = await Self.stall(harness, node, [.mail()])
            await node.whenWaiting(1)
            await harness.advance(by: .seconds(20))

            async let until = node.extend(attempt, by: .seconds(30))
            await node.whenWaiting(2)
            harness.log.openGate()

            #expect(try await until >= NodeHarness.wall + .seconds(50))
            for submission in submissions { _ = try await submission.value }
        }
    }

    @Test("A delay counts from its submission")
    func delays() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let submissions = await Self.stall(harness, node, [.mail()])
            await node.whenWaiting(1)
            await harness.advance(by: .seconds(20))
            async let delayed = node.submitOne(.mail(start: .after(.seconds(30))))
            await node.whenWaiting(2)
            harness.log.openGate()

            let job = try await node.job(delayed).job
            #expect(job.state == .scheduled && job.due == NodeHarness.wall + .seconds(50))
            for submission in submissions { _ = try await submission.value }
        }
    }

    @Test("Outcomes wait once as much is unwritten as may be, and their session is heard meanwhile")
    func outcomes() async throws {
        var configuration = NodeConfiguration()
        configuration.pendingBytes = 4_000
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            for _ in 0..<3 { _ = try await node.submitOne() }
            var deliveries: [Delivery] = []
            while deliveries.count < 3 { deliveries += try await worker.attempts() }
            harness.log.closeGate()
            async let held = node.submitOne(.mail(start: .after(.seconds(3600))))
            await harness.log.appendArrives()

            let (large, rest) = ([UInt8](repeating: 1, count: 5_000), deliveries)
            await node.report(1, [.completed(rest[0], large)], from: connection)
            let waiting = Task { await node.report(2, [.completed(rest[1], large)], from: connection) }
            await node.whenWaiting(2)
            #expect(await node.leader.batch.bytes < 6_000)
            await harness.advance(by: .seconds(60))
            harness.log.openGate()
            await waiting.value

            _ = try await held
            #expect(try await worker.settled().number == 1)
            let second = try await worker.settled()
            #expect(second.number == 2 && second.refused.isEmpty)
        }
    }

    @Test("A session is heard while it is looked up what its refused outcomes mean")
    func refusedOutcomes() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (worker, connection, delivery) = try await node.busyWorker()
            await node.report(1, [.completed(delivery)], from: connection)
            #expect(try await worker.settled().number == 1)
            harness.log.closeGate()
            async let held = node.submitOne(.mail(start: .after(.seconds(3600))))
            await harness.log.appendArrives()

            let waiting = Task { await node.report(2, [.completed(delivery)], from: connection) }
            await node.whenWaiting(1)
            await harness.advance(by: .seconds(60))
            harness.log.openGate()
            await waiting.value

            _ = try await held
            #expect(try await worker.settled().number == 2)
        }
    }

    @Test("A worker that comes back while the log stands still keeps its attempts, however long that takes")
    func comesBack() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (_, first, delivery) = try await node.busyWorker()
            harness.log.closeGate()
            async let held = node.submitOne(.mail(start: .after(.seconds(3600))))
            await harness.log.appendArrives()

            let again = FakeWorker()
            let opening = Task { try await node.open(again, resuming: first.session, held: [delivery.attempt]) }
            await node.whenWaiting(1)
            await harness.advance(by: .seconds(60))
            harness.log.openGate()

            await node.report(1, [.completed(delivery)], from: try await opening.value)
            #expect(try await again.settled().refused.isEmpty)
            _ = try await held
        }
    }

    @Test("A lease that is given up while the log stands still takes nothing when it goes on")
    func lease() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            harness.log.closeGate()
            async let held = node.submitOne(.mail(start: .after(.seconds(3600))))
            await harness.log.appendArrives()
            let lease = Task { try await node.lease(queues: ["mail"], limit: 1, lease: .seconds(30), wait: .zero) }
            await node.whenWaiting(1)
            async let job = node.submitOne()
            await node.whenWaiting(2)
            lease.cancel()

            harness.log.openGate()

            #expect(try await lease.value.isEmpty)
            let id = try await job
            // What it was given meanwhile goes back.
            try await node.leader.committed()
            #expect(try await node.job(id).job.state == .queued)
            _ = try await held
        }
    }

    @Test("Who waits for jobs is told of each once it has ended for good, though it was redriven meanwhile")
    func redriven() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker, concurrency: 2)
            let (first, second) = (try await node.submitOne(), try await node.submitOne())
            var deliveries: [JobID: Delivery] = [:]
            while deliveries.count < 2 { for one in try await worker.attempts() { deliveries[one.attempt.job] = one } }
            let (told, tell) = AsyncStream.makeStream(of: JobRecord.self)
            let (doors, open) = AsyncStream.makeStream(of: Void.self)
            let watch = Task {
                try await node.withFinishedJobs([first, second]) { record in
                    tell.yield(record)
                    for await _ in doors { break }
                }
                tell.finish()
            }
            var endings = told.makeAsyncIterator()

            await node.report(1, [.completed(try #require(deliveries[first]))], from: connection)
            #expect(await endings.next()?.job.subject.id == first)
            // Its reader is slow: the second job dies, and is redriven, before it is looked at.
            await node.report(2, [.failed(try #require(deliveries[second]), isFinal: true)], from: connection)
            _ = (try await worker.settled(), try await worker.settled())
            _ = try await node.redrive(second)
            let again = try await worker.attempts()
            open.yield()
            while await node.leader.waiters.count == 0 { await Task.yield() }
            _ = try await node.job(second)
            await node.report(3, [.completed(try #require(again.first))], from: connection)
            open.yield()

            let ending = try #require(await endings.next())
            #expect(ending.job.subject.id == second && ending.job.state == .succeeded)
            try await watch.value
        }
    }

    @Test("A worker's own timeout is told to be settled when it is reported again")
    func ownTimeout() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            _ = try await node.submitOne(Self.timed(.seconds(60)))
            let delivery = try #require(try await worker.attempts().first)
            let ending = AttemptOutcome(
                attempt: delivery.attempt,
                ending: .failed(Failure(code: "timeout", message: "mine"), isFinal: false, retryAfter: nil))
            await node.report(1, [ending], from: connection)
            await node.report(2, [ending], from: connection)

            #expect(try await worker.settled().refused.isEmpty)
            guard case .alreadySettled = try await worker.settled().refused.first?.error else {
                Issue.record("it is told something else")
                return
            }
        }
    }
}
