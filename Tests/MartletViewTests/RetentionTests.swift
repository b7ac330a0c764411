import MartletCore
import MartletView
import Testing

@Suite("What has been kept for long enough goes, and what is remembered is bounded")
struct RetentionTests {
    @Test("Finished jobs and expired keys are deleted up to the limit, with their counts, queues and kinds")
    func retires() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        let jobs = (1...4).map { subject($0) }
        view.project(jobs.map { submitted($0, key: "key-\($0.number)") }, jobs.prefix(3).map { started($0) })
        view.project(jobs.prefix(3).map { completed($0) }, from: 3)

        func retire(_ limit: Int) async throws -> Int {
            let expired = second(2) + .seconds(86400)
            return try await view.retire(finishedBefore: second(4), keysExpiredBefore: expired, limit: limit)
        }
        #expect(try await view.retire(finishedBefore: second(3), keysExpiredBefore: second(0), limit: 9) == 0)
        #expect(try await retire(2) == 2)
        #expect(try await view.counts() == [.queued: 1, .succeeded: 1])
        #expect(try await view.job(jobs[0].id) == nil)
        #expect(try await retire(100) == 5)
        #expect(try await view.keys(["key-1", "key-4"]) == [])
        #expect(try await view.counts() == [.queued: 1])
        view.project([.cancelled(jobs[3], from: .queued)], from: 4)
        #expect(try await view.retire(finishedBefore: second(9), keysExpiredBefore: second(9), limit: 1) == 1)
        #expect(try await view.queues() == [])
        view.project([submitted(subject(5))], from: 5)
        #expect(try await view.job(subject(5).id)?.job.kind == "send")
        #expect(try await view.counts() == [.queued: 1])
        await view.close()
    }

    @Test("A dead job that was lent to be redriven is not deleted meanwhile")
    func lentJobIsKept() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))], [started(subject(1))], [failed(subject(1), due: nil)])

        for _ in 1...2 { view.lend(subject(1).id) }
        view.takeBack(subject(1).id)
        #expect(try await view.retire(finishedBefore: second(99), keysExpiredBefore: second(0), limit: 9) == 0)
        view.project([.redriven(subject(1))], from: 4)
        view.takeBack(subject(1).id)

        #expect(try await view.job(subject(1).id)?.job.state == .queued)
        #expect(try await view.counts() == [.queued: 1])
        view.project([.cancelled(subject(1), from: .queued)], from: 5)
        #expect(try await view.retire(finishedBefore: second(99), keysExpiredBefore: second(0), limit: 9) == 1)
        await view.close()
    }

    @Test("The newest keys are restored oldest first, older ones counted, expired ones left out")
    func restoredKeys() async throws {
        let folder = try TemporaryFolder()
        var limits = Limits()
        limits.idempotencyWindow = .seconds(10)
        limits.hotKeys = 3
        let view = try View(path: folder.view, incarnation: "log", limits: limits)
        for number in UInt64(1)...12 { view.project([submitted(subject(number), key: "key-\(number)")], from: number) }

        let restored = try await view.restored(limits: limits)

        #expect(restored.keys.map(\.idempotency.key) == ["key-10", "key-11", "key-12"])
        #expect(restored.coldKeyCount == 7)
        #expect(try await view.keys(["key-5", "none"]).map(\.job) == [subject(5).id])
        view.project([submitted(subject(13), key: "key-1")], from: 13)
        #expect(try await view.keys(["key-1"]).map(\.job) == [subject(13).id])
        #expect(try await view.restored(limits: limits).coldKeyCount == 7)
        await view.close()
    }

    @Test("A key that came when the window was longer is restored, though later ones have expired")
    func shorterWindow() async throws {
        let folder = try TemporaryFolder()
        var limits = Limits()
        limits.idempotencyWindow = .seconds(100)
        let before = try View(path: folder.view, incarnation: "log", limits: limits)
        before.project([submitted(subject(1), key: "long")])
        await before.close()
        limits.idempotencyWindow = .seconds(1)
        let view = try View(path: folder.view, incarnation: "log", limits: limits)
        view.project([submitted(subject(2), key: "short-2")], [submitted(subject(3), key: "short-3")], from: 2)
        view.project([submitted(subject(4))], from: 4)

        let restored = try await view.restored(limits: limits)
        #expect(restored.keys.map(\.idempotency.key) == ["long"])
        #expect(restored.keys.map(\.expires) == [second(101)])
        #expect(restored.coldKeyCount == 0)

        // Where the expired ones take up all the room, it is cold; how long, is known if all can be looked at.
        limits.hotKeys = 2
        let narrow = try await view.restored(limits: limits)
        #expect(narrow.keys.isEmpty)
        #expect(narrow.coldKeyCount == 1 && narrow.coldKeysUntil == second(101))
        limits.hotKeys = 1
        let narrowest = try await view.restored(limits: limits)
        #expect(narrowest.keys.isEmpty)
        #expect(narrowest.coldKeyCount == 2 && narrowest.coldKeysUntil == .distantFuture)
        await view.close()
    }

    @Test("Of each client the latest submissions are restored, of all clients those used last")
    func restoredClients() async throws {
        let folder = try TemporaryFolder()
        var limits = Limits()
        limits.clients = 3
        let view = try View(path: folder.view, incarnation: "log", limits: limits)
        var number: UInt64 = 0
        for low in UInt64(1)...6 {
            for sequence in UInt64(1)...20 {
                number += 1
                let stamp = SubmissionStamp(client: ClientID(high: 0, low: low), sequence: sequence)
                view.project([.numbered(.init(stamp: stamp, seed: number, count: 2))], from: number)
                try await view.flush()
            }
        }

        let clients = try await view.restored(limits: limits).clients

        #expect(clients.map(\.client.low) == [4, 5, 6])
        #expect(clients.allSatisfy { $0.submissions.map(\.sequence) == Array(5...20) })
        #expect(clients.last?.submissions.last?.time == second(120))
        await view.close()
    }
}
