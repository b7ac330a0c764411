import MartletCore
import Testing

@testable import MartletNode

@Suite("Idempotency keys that are looked up")
struct KeyTests {
    @Test("Two submissions of one key at one moment are one job, however many keys the first brings")
    func moment() async throws {
        var configuration = NodeConfiguration()
        configuration.limits.hotKeys = 1
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            // One of these is cold from then on, so whatever is not in memory is looked up.
            _ = try await node.submit([.mail(key: "a"), .mail(key: "b")], stamp: nil)
            harness.log.closeGate()
            async let before = node.submitOne()
            await harness.log.appendArrives()

            async let first = node.submit([.mail(key: "k"), .mail(key: "c"), .mail(key: "d")], stamp: nil)
            await node.whenWaiting(1)
            async let second = node.submit([.mail(key: "k")], stamp: nil)
            await node.whenWaiting(2)
            harness.log.openGate()

            #expect(try await first[0] == second[0])
            _ = try await before
        }
    }

    @Test(
        "Submissions that wait for their keys take up room like those that wait for the log", .timeLimit(.minutes(1)))
    func room() async throws {
        var configuration = NodeConfiguration()
        (configuration.limits.hotKeys, configuration.pendingBytes) = (1, 10_000)
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            _ = try await node.submit([.mail(key: "a"), .mail(key: "b")], stamp: nil)
            harness.log.closeGate()
            async let before = node.submitOne()
            await harness.log.appendArrives()
            async let large = node.submit([.mail([UInt8](repeating: 1, count: 10_000), key: "k")], stamp: nil)
            await node.whenWaiting(1)

            let refusal = await #expect(throws: NodeError.self) { try await node.submitOne() }
            guard case .exhausted = refusal else {
                Issue.record("refused as \(String(describing: refusal))")
                return harness.log.openGate()
            }

            harness.log.openGate()
            _ = try await (before, large)
            _ = try await node.submitOne()
        }
    }

    @Test("A key that was looked up once is known still when another of its submission pushes it out")
    func pushedOut() async throws {
        var configuration = NodeConfiguration()
        (configuration.limits.hotKeys, configuration.limits.jobsPerSubmission) = (1, 2)
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let first = try await node.submit([.mail(key: "a"), .mail(key: "b")], stamp: nil)
            let second = try await node.submit([.mail(key: "c"), .mail(key: "d")], stamp: nil)
            // Both are cold and come back in, which is as much as there is room for.
            #expect(try await node.submit([.mail(key: "a"), .mail(key: "b")], stamp: nil) == first)

            let mixed = try await node.submit([.mail(key: "a"), .mail(key: "c")], stamp: nil)

            #expect(mixed == [first[0], second[0]])
        }
    }
}
