import MartletCore
import MartletLog
import MartletView
import Testing

@testable import MartletNode

@Suite("When the log does not do what it should")
struct FaultTests {
    @Test("An entry whose answer was lost is found again by its nonce, and counts")
    func writtenThenUnknown() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            harness.log.script(.writtenThenUnknown)
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.state == .queued)
            #expect(try await harness.log.head().position == 2)
        }
    }

    @Test("An entry that never arrived is sent again")
    func lostThenUnknown() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            harness.log.script(.lostThenUnknown)
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.state == .queued)
            #expect(try await harness.log.head().position == 2)
        }
    }

    @Test("A leader that was overtaken answers nobody with success, and ends")
    func overtaken() async throws {
        let harness = try NodeHarness()
        let ending = try await harness.run { node in
            harness.log.script(.overtaken)
            let error = await #expect(throws: NodeError.self) { try await node.submitOne() }
            guard case .unavailable = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }
            await #expect(throws: NodeError.self) { try await node.submitOne() }
            #expect(await node.health().isReady == false)
        }
        #expect(ending is LeadershipLost)
    }

    @Test("A log that has stopped ends the leadership: nothing is acknowledged")
    func stopped() async throws {
        let harness = try NodeHarness()
        let ending = try await harness.run { node in
            harness.log.script(.stopped)
            await #expect(throws: NodeError.self) { try await node.submitOne() }
        }
        #expect(ending as? LogError == .stopped("a write failed"))
    }

    @Test("A node that cannot take the lead for want of room says so and ends, rather than wait unseen")
    func fullAtTheStart() async throws {
        let harness = try NodeHarness()
        harness.log.script(.full, .full)
        let ending = try await harness.run { _ in }
        #expect(ending as? LogError == .full)
    }

    @Test("A view that has stopped ends the leadership: a node does not go on that can write and not read")
    func viewStopped() async throws {
        let harness = try NodeHarness()
        let view = try harness.openView()
        let ending = try await harness.run(on: view) { node in
            _ = try await node.submitOne()
            await view.abandon()
            while await node.health().isReady { await Task.yield() }
            await #expect(throws: NodeError.self) { try await node.submitOne() }
        }
        #expect(ending as? ViewError == .stopped("it was closed"))
    }

    @Test("What had not been written when the leader stopped leaves nothing behind, whatever falls due of it")
    func stoppedDuringAnAppend() async throws {
        let harness = try NodeHarness()
        let view = try harness.openView()
        let ending = try await harness.run(on: view) { node in
            harness.log.closeGate()
            async let written = node.submitOne()
            await harness.log.appendArrives()
            let lost = Task { try await node.submitOne(.mail(start: .after(.milliseconds(1)))) }
            await node.whenWaiting(1)
            await view.abandon()
            await #expect(throws: NodeError.self) { try await lost.value }
            await harness.advance(by: .seconds(1))

            harness.log.openGate()

            _ = try await written
        }
        #expect(ending is ViewError)
        let next = try await harness.run { node in
            let jobs = try await node.jobs(JobQuery(limit: 10)).jobs
            #expect(jobs.map(\.job.state) == [.queued])
        }
        #expect(next == nil)
    }

    @Test("On a full disk submissions are refused, what ends jobs is recorded, and room brings all back")
    func fullDisk() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            let delivery = try await worker.attempts()[0]
            harness.log.script(.full)
            await node.report(1, [.completed(delivery)], from: connection)
            #expect(try await worker.settled().refused.isEmpty)
            #expect(try await node.job(id).job.state == .succeeded)

            let error = await #expect(throws: NodeError.self) { try await node.submitOne() }
            guard case .exhausted = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }
            #expect(await node.health().isReady == false)

            harness.log.makeRoom()
            while await node.health().isReady == false { await harness.advance(by: .seconds(1)) }
            _ = try await node.submitOne()
        }
    }

    @Test("A node that is asked for work, and has none, is ready whenever it is asked for that")
    func asksInVain() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            for _ in 0..<50 {
                await harness.advance(by: .seconds(10))
                async let leased = node.lease(queues: ["mail"], limit: 1, lease: .seconds(30), wait: .zero)
                async let health = node.health()
                #expect(await health.isReady)
                let deliveries = try await leased
                #expect(deliveries.isEmpty)
            }
        }
    }

    @Test("A node refuses to start on a log that is shorter than its view")
    func viewAhead() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in _ = try await node.submitOne() }
        let shorter = try await harness.log.prefix(1)
        let again = try NodeHarness(log: ScriptedLog(shorter))
        let view = try View(
            path: harness.viewPath, incarnation: shorter.incarnation.description)

        await #expect(throws: RecoveryError.viewAhead(view: 2, log: 1)) { try await again.makeNode(view) }
        await view.close()
    }

    @Test("A node refuses to start on a log whose history is not its view's")
    func foreignHistory() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in _ = try await node.submitOne() }
        let forked = try await harness.log.prefix(1)
        let head = try await forked.head()
        let header = EntryHeader(
            partition: 0, position: 2, epoch: 5, nonce: 5, previous: head.hash, time: head.time)
        _ = await forked.append(Entry(header: header, body: EntryCodec.encode([], sizeHint: 0)))
        let again = try NodeHarness(log: ScriptedLog(forked))
        let view = try View(
            path: harness.viewPath, incarnation: forked.incarnation.description)

        await #expect(throws: RecoveryError.foreignHistory(position: 2)) { try await again.makeNode(view) }
        await view.close()
    }

    @Test("An entry that cannot be read stops the start, with its position")
    func unreadable() async throws {
        let log = InMemoryLog(partition: 0)
        let header = EntryHeader(partition: 0, position: 1, epoch: 1, nonce: 1, previous: .zero, time: 1)
        _ = await log.append(Entry(header: header, body: [0xFF, 0xFF]))
        let harness = try NodeHarness(log: ScriptedLog(log))
        let view = try harness.openView()
        let error = await #expect(throws: RecoveryError.self) { try await harness.makeNode(view) }
        guard case .unreadable(position: 1, _) = error else {
            Issue.record("refused as \(String(describing: error))")
            return
        }
        await view.close()
    }
}

extension ScriptedLog {
    /// A copy of the first entries, as a log that lost its tail.
    func prefix(_ count: Int) async throws -> InMemoryLog {
        let shorter = InMemoryLog(partition: 0, incarnation: incarnation)
        for entry in try await read(from: 1, bytes: .max).prefix(count) { _ = await shorter.append(entry) }
        return shorter
    }
}
