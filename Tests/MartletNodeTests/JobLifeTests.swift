import MartletCore
import MartletLog
import MartletView
import Testing

@testable import MartletNode

@Suite("The way of a job through a node")
struct JobLifeTests {
    @Test("A job is submitted, handed to a worker, completed, and its history tells it")
    func wholeLife() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne(.mail([1, 2]))

            let delivery = try await worker.attempts()[0]
            #expect(delivery.attempt.job == id && delivery.payload == [1, 2] && delivery.number == 1)
            await node.report(1, [.completed(delivery, [3])], from: connection)
            let settled = try await worker.settled()

            #expect(settled.number == 1 && settled.refused.isEmpty)
            let record = try await node.job(id)
            #expect(record.job.state == .succeeded && record.result == [3])
            #expect(try await node.history(of: id).map(\.event) == ["submitted", "started", "completed"])
        }
    }

    @Test("A duration is kept in whole microseconds: what is read is what a restart would know")
    func wholeMicroseconds() async throws {
        let harness = try NodeHarness()
        let almostStandard = RetryPolicy(
            attempts: 25, initialBackoff: .nanoseconds(1_000_000_500), maxBackoff: .seconds(3600))
        try await harness.run { node in
            var spec = JobSpec.mail()
            spec.retry = almostStandard
            spec.timeout = .nanoseconds(1_500)
            let id = try await node.submitOne(spec)

            let job = try await node.job(id).job
            #expect(job.retry == .standard && job.timeout == .microseconds(1))

            spec.timeout = .nanoseconds(999)
            await #expect(throws: NodeError.self) { try await node.submitOne(spec) }
        }
        // The log can be followed once more.
        try await harness.run { node in
            let queues = try await node.queues()
            #expect(queues.count == 1)
        }
    }

    @Test("Nobody is told anything before the entry is durable")
    func nothingBeforeDurable() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            _ = try await node.open(worker)
            harness.log.closeGate()
            async let id = node.submitOne()
            await harness.log.appendArrives()

            #expect(worker.pending.isEmpty)

            harness.log.openGate()
            let submitted = try await id
            #expect(try await worker.attempts()[0].attempt.job == submitted)
        }
    }

    @Test("What is submitted while an entry is being written becomes one entry")
    func groupCommit() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            harness.log.closeGate()
            let before = try await harness.log.head().position
            async let first = node.submitOne()
            await harness.log.appendArrives()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await node.submitOne() } }
                // All twenty have been decided once the node answers after them.
                while await node.metrics().hotJobs < 21 { await Task.yield() }
                harness.log.openGate()
                try await group.waitForAll()
            }
            _ = try await first

            #expect(try await harness.log.head().position == before + 2)
        }
    }

    @Test("A batch with one bad job is refused whole, naming its index")
    func allOrNothing() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let bad = JobSpec(kind: "", queue: "mail")
            let error = await #expect(throws: NodeError.self) {
                try await node.submit([.mail(), bad], stamp: nil)
            }
            guard case .refused(.invalid(index: 1, field: "kind", _)) = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }
            let queues = try await node.queues()
            #expect(queues.isEmpty)
        }
    }

    @Test("A failed attempt runs again after its backoff, and not before")
    func retry() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            await node.report(1, [.failed(try await worker.attempts()[0])], from: connection)
            _ = try await worker.settled()
            #expect(try await node.job(id).job.state == .retrying)
            #expect(worker.pending.isEmpty)

            // The first backoff is at most a second.
            await harness.advance(by: .seconds(1))

            #expect(try await worker.attempts()[0].number == 2)
        }
    }

    @Test("A delayed job is handed out when its time has come")
    func delayed() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            _ = try await node.open(worker)
            let id = try await node.submitOne(.mail(start: .after(.seconds(10))))
            #expect(try await node.job(id).job.state == .scheduled)
            await harness.advance(by: .seconds(9))
            #expect(worker.pending.isEmpty)

            await harness.advance(by: .seconds(1))

            #expect(try await worker.attempts()[0].attempt.job == id)
        }
    }

    @Test("Cancelling a running job revokes it from its worker, whose report then comes too late")
    func cancelRunning() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            let delivery = try await worker.attempts()[0]

            #expect(try await node.cancel(id).job.state == .cancelled)

            #expect(try await worker.revoked() == [delivery.attempt])
            await node.report(1, [.completed(delivery)], from: connection)
            #expect(try await worker.settled().refused.count == 1)
            #expect(try await node.job(id).job.state == .cancelled)
        }
    }

    @Test("A dead job is redriven, and runs; one that is not dead is refused")
    func redrive() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            await node.report(1, [.failed(try await worker.attempts()[0], isFinal: true)], from: connection)
            _ = try await worker.settled()
            #expect(try await node.job(id).job.state == .dead)

            _ = try await node.redrive(id)

            let again = try await worker.attempts()[0]
            #expect(again.number == 2)
            await #expect(throws: NodeError.refused(.wrongState(id, .running))) { try await node.redrive(id) }
            await node.report(2, [.completed(again)], from: connection)
            _ = try await worker.settled()
            await #expect(throws: NodeError.refused(.wrongState(id, .succeeded))) { try await node.redrive(id) }
        }
    }

    @Test("A report that is repeated is told that it was settled; one of an older lease is stale")
    func repeatedReports() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            _ = try await node.submitOne()
            let delivery = try await worker.attempts()[0]
            await node.report(1, [.completed(delivery)], from: connection)
            _ = try await worker.settled()

            await node.report(2, [.completed(delivery)], from: connection)
            var older = delivery
            older.attempt.token = FencingToken(0)
            await node.report(3, [.completed(older)], from: connection)

            #expect(try await worker.settled().refused.map(\.error) == [.alreadySettled(delivery.attempt)])
            #expect(try await worker.settled().refused.map(\.error) == [.refused(.staleAttempt(older.attempt))])
        }
    }

    @Test("An outcome that comes twice in one report counts once, and is no stranger the second time")
    func twiceInOneReport() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            let delivery = try await worker.attempts()[0]

            await node.report(1, [.completed(delivery), .completed(delivery)], from: connection)

            #expect(try await worker.settled().refused.map(\.error) == [.alreadySettled(delivery.attempt)])
            #expect(try await node.job(id).job.state == .succeeded)
        }
    }

    @Test("Who waits for jobs and is cancelled is not told that all have ended")
    func cancelledWait() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let id = try await node.submitOne()
            let waiting = Task { try await node.withFinishedJobs([id]) { _ in } }
            while await node.waiterCount == 0 { await Task.yield() }

            waiting.cancel()

            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test("Who waits for a job hears of its end, or gets it as it stands when the time is over")
    func waiting() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            let delivery = try await worker.attempts()[0]
            async let finished = node.job(id, finishedWithin: .seconds(60))
            await node.report(1, [.completed(delivery)], from: connection)
            #expect(try await finished.job.state == .succeeded)
            _ = try await worker.settled()

            let slow = try await node.submitOne()
            async let unfinished = node.job(slow, finishedWithin: .seconds(1))
            _ = try await worker.attempts()
            while await node.waiterCount == 0 { await Task.yield() }
            await harness.advance(by: .seconds(1))
            #expect(try await unfinished.job.state == .running)
        }
    }
}
