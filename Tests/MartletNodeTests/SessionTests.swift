import MartletCore
import MartletView
import Testing

@testable import MartletNode

@Suite("Sessions and leases", .timeLimit(.minutes(1)))
struct SessionTests {
    @Test("A worker gets no more than it can hold, and more as soon as it reports")
    func credit() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker, concurrency: 2)
            _ = try await node.submit([.mail(), .mail(), .mail()], stamp: nil)
            let first = try await worker.attempts()
            #expect(first.count == 2 && worker.pending.isEmpty)

            await node.report(1, [.completed(first[0])], from: connection)

            // The next attempt and the settlement are of one entry: which is told first does not matter.
            let told = [await worker.next(), await worker.next()]
            #expect(told.contains { if case .attempts(let more) = $0 { more.count == 1 } else { false } })
        }
    }

    @Test("Two workers share what is ready")
    func fairShares() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (left, right) = (FakeWorker(), FakeWorker())
            _ = try await node.open(left, concurrency: 100)
            _ = try await node.open(right, concurrency: 100)

            _ = try await node.submit((0..<10).map { _ in .mail() }, stamp: nil)

            #expect(try await left.attempts().count == 5)
            #expect(try await right.attempts().count == 5)
        }
    }

    @Test("A worker of two queues serves both, however deep the first")
    func queuesAreServedAlike() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            _ = try await node.submit((0..<20).map { _ in .mail() }, stamp: nil)
            _ = try await node.submit([JobSpec(kind: "send", queue: "rare")], stamp: nil)
            let worker = FakeWorker()

            _ = try await node.open(worker, queues: ["mail", "rare"], concurrency: 4)

            var queues: [String] = []
            while queues.count < 4 { queues += try await worker.attempts().map(\.queue) }
            #expect(queues.contains("rare"))
        }
    }

    @Test("A worker that falls silent loses its attempts after the grace, and another gets them")
    func graceEnds() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (silent, other) = (FakeWorker(), FakeWorker())
            let connection = try await node.open(silent)
            let id = try await node.submitOne()
            let lost = try await silent.attempts()[0]
            await node.disconnect(connection)
            await harness.advance(by: .seconds(14))
            _ = try await node.open(other)
            #expect(other.pending.isEmpty)

            await harness.advance(by: .seconds(1))

            let again = try await other.attempts()[0]
            #expect(again.attempt.job == id && again.attempt.token > lost.attempt.token)
            #expect(try await node.job(id).job.losses == 1)
        }
    }

    @Test("A heartbeat keeps a session, and all its attempts, for as long as it comes")
    func heartbeat() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            _ = try await worker.attempts()
            for _ in 0..<10 {
                await harness.advance(by: .seconds(10))
                await node.heartbeat(connection)
            }
            #expect(try await node.job(id).job.state == .running)
        }
    }

    @Test("A worker that comes back keeps what it holds; what never reached it is released, uncounted")
    func resume() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let first = try await node.open(worker)
            _ = try await node.submit([.mail([1]), .mail([2])], stamp: nil)
            let held = try await worker.attempts()
            await node.disconnect(first)

            let again = FakeWorker()
            let foreign = AttemptID(job: held[0].attempt.job, token: FencingToken(999))
            let second = try await node.open(
                again, resuming: first.session, held: [held[0].attempt, foreign])

            #expect(second.session == first.session)
            #expect(try await again.revoked() == [foreign])
            let released = try await again.attempts()
            #expect(released.map(\.attempt.job) == [held[1].attempt.job] && released[0].number == 1)
            await node.report(1, [.completed(held[0])], from: second)
            #expect(try await again.settled().refused.isEmpty)
        }
    }

    @Test("A worker comes back with all that it runs and as much that it does not know to be settled, and no more")
    func resumeUnsettled() async throws {
        var configuration = NodeConfiguration()
        configuration.concurrency = 4
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let worker = FakeWorker()
            let first = try await node.open(worker, concurrency: 4)
            _ = try await node.submit((0..<7).map { _ in .mail() }, stamp: nil)
            let early = try await worker.attempts()
            try #require(early.count == 4)
            await node.report(1, early[..<3].map { .completed($0) }, from: first)
            var next: [Delivery] = []
            // What it is told of the settlement it does not hear: its connection is lost before.
            while next.count < 3 {
                guard case .attempts(let more) = await worker.next() else { continue }
                next += more
            }
            await node.disconnect(first)

            let settled = early[..<3].map(\.attempt)
            let held = settled + [early[3].attempt] + next.map(\.attempt)
            let again = FakeWorker()
            let second = try await node.open(again, concurrency: 4, resuming: first.session, held: held)

            #expect(second.session == first.session)
            let revoked = try await again.revoked()
            #expect(Set(revoked) == Set(settled))
            #expect(await node.workers().map(\.running) == [4])
            let foreign = ([901, 902] as [UInt64]).map { AttemptID(job: held[0].job, token: FencingToken($0)) }
            let refusal = await #expect(throws: NodeError.self) {
                try await node.open(again, concurrency: 4, resuming: first.session, held: held + foreign)
            }
            #expect(refusal == .invalid(field: "held", message: "must be at most 8 attempts"))
        }
    }

    @Test("A connection that was taken over says nothing more")
    func takenOver() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (old, new) = (FakeWorker(), FakeWorker())
            let first = try await node.open(old)
            let second = try await node.open(new, resuming: first.session)
            guard case .ended = await old.next() else { throw FakeWorker.Unexpected() }
            await node.disconnect(first)
            #expect(await node.workers().map(\.isConnected) == [true])
            #expect(second.session == first.session)
        }
    }

    @Test("A session that is drained gets nothing more")
    func drain() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            await node.drain(connection)
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.state == .queued)
            #expect(worker.pending.isEmpty)
        }
    }

    @Test("A lease waits for the first job, and ends by itself")
    func lease() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            async let leased = node.lease(queues: ["mail"], limit: 5, lease: .seconds(30), wait: .seconds(60))
            while await node.waiterCount == 0 { await Task.yield() }
            let id = try await node.submitOne()
            let delivery = try await leased[0]
            #expect(delivery.attempt.job == id && delivery.lease == .seconds(30))
            _ = try await node.extend(delivery.attempt, by: .seconds(50))
            await harness.advance(by: .seconds(49))
            #expect(try await node.job(id).job.state == .running)

            async let next = node.lease(queues: ["mail"], limit: 5, lease: .seconds(30), wait: .seconds(60))
            while await node.waiterCount == 0 { await Task.yield() }

            await harness.advance(by: .seconds(1))

            let again = try await next[0]
            #expect(again.attempt.job == id && again.attempt.token > delivery.attempt.token)
            await #expect(throws: NodeError.refused(.staleAttempt(delivery.attempt))) {
                try await node.complete(delivery.attempt, result: [])
            }
        }
    }

    @Test("A lease of many large payloads hands out as many as one answer takes, and the next one the rest")
    func largeLease() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let large = [UInt8](repeating: 7, count: 1 << 20)
            _ = try await node.submit((0..<6).map { _ in .mail(large) }, stamp: nil)

            for count in [4, 2] {
                let leased = try await node.lease(queues: ["mail"], limit: 100, lease: .seconds(30), wait: .zero)
                #expect(leased.count == count)
            }
        }
    }

    @Test("A lease that waits in vain answers empty, and one that is given up takes nothing")
    func leaseInVain() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            async let vain = node.lease(queues: ["mail"], limit: 5, lease: .seconds(30), wait: .seconds(5))
            while await node.waiterCount == 0 { await Task.yield() }
            await harness.advance(by: .seconds(5))
            #expect(try await vain.isEmpty)

            let givenUp = Task {
                try await node.lease(queues: ["mail"], limit: 5, lease: .seconds(30), wait: .seconds(5))
            }
            while await node.waiterCount == 0 { await Task.yield() }
            givenUp.cancel()
            _ = await givenUp.result
            #expect(await node.waiterCount == 0)
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.state == .queued)
        }
    }

    @Test("Of leases that wait the queues are counted that they name")
    func leasedQueues() async throws {
        var configuration = NodeConfiguration()
        configuration.waiters = 3
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let waiting = Task {
                try await node.lease(queues: ["a", "b"], limit: 1, lease: .seconds(30), wait: .seconds(5))
            }
            while await node.waiterCount == 0 { await Task.yield() }

            let refusal = await #expect(throws: NodeError.self) {
                try await node.lease(queues: ["a", "b"], limit: 1, lease: .seconds(30), wait: .zero)
            }
            guard case .exhausted = refusal else {
                Issue.record("refused as \(String(describing: refusal))")
                return
            }
            waiting.cancel()
            let givenUp = try await waiting.value
            let next = try await node.lease(queues: ["a", "b"], limit: 1, lease: .seconds(30), wait: .zero)
            #expect(givenUp.isEmpty && next.isEmpty)
        }
    }

    @Test("What a session may ask for is bounded, and the refusal names field and limit")
    func bounds() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let none = await #expect(throws: NodeError.self) { try await node.open(worker, queues: []) }
            let long = await #expect(throws: NodeError.self) {
                try await node.open(worker, queues: [String(repeating: "q", count: 201)])
            }
            let greedy = await #expect(throws: NodeError.self) { try await node.open(worker, concurrency: 10_001) }
            guard case .invalid("queues", _) = none, case .invalid("queues[0]", _) = long,
                case .invalid("concurrency", _) = greedy
            else {
                Issue.record("refused as \(String(describing: (none, long, greedy)))")
                return
            }
        }
    }

    @Test("A session that is connected again and again is watched by one timer")
    func oneWatch() throws {
        var table = SessionTable()
        let id = SessionID(high: 1, low: 1)
        let opening = SessionOpening(resuming: nil, name: "", queues: ["mail"], concurrency: 1, held: [])
        let now = Timestamp(microseconds: 0)
        _ = table.connect(id, opening, at: now) { _ in }
        #expect(table.beginWatch(id) != nil)

        _ = table.connect(id, opening, at: now) { _ in }
        #expect(table.beginWatch(id) == nil)

        table.endWatch(id)
        #expect(table.beginWatch(id) != nil)
    }

    @Test("Of two connections that open one session at one moment the later one's queues count")
    func openedTwice() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let (first, second, third) = (FakeWorker(), FakeWorker(), FakeWorker())
            let session = try await node.open(first, queues: ["old"]).session
            harness.log.closeGate()
            async let before = node.submitOne()
            await harness.log.appendArrives()

            let replaced = Task { try await node.open(second, queues: ["old"], resuming: session) }
            await node.whenWaiting(1)
            async let opened = node.open(third, queues: ["new"], resuming: session)
            await node.whenWaiting(2)
            harness.log.openGate()
            _ = try await (before, opened)
            await #expect(throws: NodeError.self) { try await replaced.value }

            _ = try await node.submit([JobSpec(kind: "send", queue: "old")], stamp: nil)
            _ = try await node.submit([JobSpec(kind: "send", queue: "new")], stamp: nil)
            #expect(try await third.attempts().map(\.queue) == ["new"])
        }
    }

    @Test("What could not start because too much ran elsewhere starts when that ends")
    func boundIsShared() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.running = 1
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let (busy, idle) = (FakeWorker(), FakeWorker())
            let connection = try await node.open(busy, queues: ["a"])
            _ = try await node.open(idle, queues: ["b"])
            _ = try await node.submit([JobSpec(kind: "send", queue: "a")], stamp: nil)
            let running = try await busy.attempts()[0]
            _ = try await node.submit([JobSpec(kind: "send", queue: "b")], stamp: nil)
            #expect(idle.pending.isEmpty)

            await node.report(1, [.completed(running)], from: connection)

            #expect(try await idle.attempts().map(\.queue) == ["b"])
        }
    }
}
