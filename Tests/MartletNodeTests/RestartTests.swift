import MartletCore
import MartletView
import Testing

@testable import MartletNode

@Suite("After a restart")
struct RestartTests {
    @Test("Everything acknowledged is there: waiting, running, retrying and finished")
    func everythingIsThere() async throws {
        let harness = try NodeHarness()
        let ids = JobBox()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker, concurrency: 3)
            await ids.set(try await node.submit((0..<4).map { .mail([$0]) }, stamp: nil))
            let attempts = try await worker.attempts()
            await node.report(1, [.completed(attempts[0]), .failed(attempts[1])], from: connection)
            _ = try await worker.settled()
        }
        try await harness.run { node in
            let states = await ids.states(in: node)
            #expect(states == [.succeeded, .retrying, .running, .running])
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            await harness.advance(by: .seconds(10))
            await node.heartbeat(connection)
            // The worker of before does not come back: its attempts are lost after the grace.
            await harness.advance(by: .seconds(5))
            var again: [JobID] = []
            while again.count < 3 { again += try await worker.attempts().map(\.attempt.job) }
            let all = await ids.all
            #expect(Set(again) == Set(all[1...]))
        }
    }

    @Test("The clock goes on while a node recovers, however long that takes")
    func clock() async throws {
        let harness = try NodeHarness()
        harness.log.beforeHead { [weak harness] in await harness?.advance(by: .seconds(7)) }

        try await harness.run { node in
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.submittedAt == NodeHarness.wall + .seconds(7))
        }
    }

    @Test("A worker comes back to its session and finishes what it holds")
    func workerComesBack() async throws {
        let harness = try NodeHarness()
        let held = DeliveryBox()
        try await harness.run { node in
            let worker = FakeWorker()
            await held.set(session: try await node.open(worker).session)
            _ = try await node.submitOne()
            await held.set(delivery: try await worker.attempts()[0])
        }
        try await harness.run { node in
            let worker = FakeWorker()
            let (session, delivery) = try await held.taken()
            let connection = try await node.open(worker, resuming: session, held: [delivery.attempt])
            #expect(connection.session == session)
            await node.report(1, [.completed(delivery)], from: connection)
            #expect(try await worker.settled().refused.isEmpty)
            #expect(try await node.job(delivery.attempt.job).job.state == .succeeded)
        }
    }

    @Test("A numbered submission that is repeated after a restart is the same submission")
    func numberedAcrossRestart() async throws {
        let harness = try NodeHarness()
        let ids = JobBox()
        let stamp = SubmissionStamp(client: ClientID(high: 4, low: 4), sequence: 1)
        try await harness.run { node in
            await ids.set(try await node.submit([.mail([1]), .mail([2])], stamp: stamp))
        }
        try await harness.run { node in
            let again = try await node.submit([.mail([1]), .mail([2])], stamp: stamp)
            let first = await ids.all
            #expect(again == first)
            #expect(try await node.jobs(JobQuery(limit: 10)).jobs.count == 2)
        }
    }

    @Test("An idempotency key that is no longer in memory still names its job, and conflicts with another request")
    func coldKeys() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.hotKeys = 2
        let harness = try NodeHarness(configuration: configuration)
        let ids = JobBox()
        try await harness.run { node in
            await ids.set(try await node.submit((0..<5).map { .mail([$0], key: "k\($0)") }, stamp: nil))
        }
        try await harness.run { node in
            let first = await ids.all
            let again = try await node.submit([.mail([0], key: "k0"), .mail([4], key: "k4")], stamp: nil)
            #expect(again == [first[0], first[4]])
            await #expect(
                throws: NodeError.refused(.idempotencyConflict(index: 0, key: "k1", job: first[1]))
            ) { try await node.submit([.mail([9], key: "k1")], stamp: nil) }
        }
    }

    @Test("A key outlives later ones if the window was made shorter after it came")
    func shorterWindow() async throws {
        let harness = try NodeHarness()
        let ids = JobBox()
        try await harness.run { node in
            await ids.set(try await node.submit([.mail(key: "k")], stamp: nil))
        }
        var shorter = NodeConfiguration()
        shorter.limits.idempotencyWindow = .seconds(10)
        try await harness.run(with: shorter) { node in
            // Each life goes on where the one before ended; in the same instant it would draw the same ids.
            await harness.advance(by: .seconds(60))
            _ = try await node.submit([.mail(key: "l")], stamp: nil)
            await harness.advance(by: .seconds(60))
            // The next life begins at the time of the last entry: for it the newest key has expired.
            _ = try await node.submitOne()
        }
        try await harness.run(with: shorter) { node in
            await harness.advance(by: .seconds(60))
            let again = try await node.submit([.mail(key: "k")], stamp: nil)
            let first = await ids.all
            #expect(again == first)
            #expect(try await node.jobs(JobQuery(limit: 10)).jobs.count == 3)
        }
    }

    @Test("A deep backlog is handed out whole and in order, though only its head is in memory")
    func deepBacklog() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.hotJobsPerLane = 16
        let harness = try NodeHarness(configuration: configuration)
        let ids = JobBox()
        try await harness.run { node in
            await ids.set(try await node.submit((0..<500).map { _ in .mail() }, stamp: nil))
            #expect(await node.metrics().hotJobs <= 33)
        }
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker, concurrency: 10)
            var order: [JobID] = []
            var number: UInt64 = 0
            while order.count < 500 {
                guard case .attempts(let deliveries) = await worker.next() else { continue }
                order += deliveries.map(\.attempt.job)
                number += 1
                await node.report(number, deliveries.map { .completed($0) }, from: connection)
            }
            let all = await ids.all
            #expect(order == all)
        }
    }

    @Test("A cold job is cancelled, and never runs")
    func coldCancel() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.hotJobsPerLane = 4
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let ids = try await node.submit((0..<30).map { _ in .mail() }, stamp: nil)
            #expect(try await node.cancel(ids[29]).job.state == .cancelled)
            let worker = FakeWorker()
            _ = try await node.open(worker, concurrency: 100)
            var order: [JobID] = []
            while order.count < 29 { order += try await worker.attempts().map(\.attempt.job) }
            #expect(order == Array(ids[..<29]))
        }
    }

    @Test("Delayed jobs beyond what is in memory come in when their time comes")
    func coldTimers() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.hotJobsPerLane = 4
        configuration.sessionGrace = .seconds(86_400)
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let specs = (1...40).map { JobSpec.mail(start: .after(.seconds($0 * 60))) }
            let ids = try await node.submit(specs, stamp: nil)
            let worker = FakeWorker()
            _ = try await node.open(worker, concurrency: 100)
            for id in ids {
                await harness.advance(by: .seconds(60))
                #expect(try await worker.attempts().map(\.attempt.job) == [id])
            }
        }
    }
}

actor JobBox {
    private(set) var all: [JobID] = []

    func set(_ ids: [JobID]) { all = ids }

    func states(in node: Node) async -> [JobState] {
        var states: [JobState] = []
        for id in all {
            guard let record = try? await node.job(id) else { continue }
            states.append(record.job.state)
        }
        return states
    }
}

actor DeliveryBox {
    private var session: SessionID?
    private var delivery: Delivery?

    func set(session: SessionID) { self.session = session }
    func set(delivery: Delivery) { self.delivery = delivery }

    func taken() throws -> (SessionID, Delivery) {
        guard let session, let delivery else { throw FakeWorker.Unexpected() }
        return (session, delivery)
    }
}
