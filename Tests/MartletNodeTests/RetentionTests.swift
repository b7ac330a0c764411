import MartletCore
import MartletView
import Testing

@testable import MartletNode

@Suite("What is kept for long enough", .timeLimit(.minutes(1)))
struct RetentionTests {
    private static var configuration: NodeConfiguration {
        var configuration = NodeConfiguration()
        configuration.retention = .seconds(5)
        return configuration
    }

    /// A job that has ended at the time of the call.
    private static func finishedJob(_ node: Node) async throws -> JobID {
        let id = try await node.submitOne()
        _ = try await node.cancel(id)
        return id
    }

    @Test("A job is retired by the log's time, not by a clock that is ahead of what is being decided")
    func logTime() async throws {
        let harness = try NodeHarness(configuration: Self.configuration)
        try await harness.run { node in
            let id = try await Self.finishedJob(node)
            await harness.advance(by: .seconds(9))
            try await node.leader.retireJobs()
            #expect(try await node.job(id).job.state == .cancelled)

            _ = try await node.submitOne()
            try await node.leader.retireJobs()

            await #expect(throws: NodeError.unknownJob(id)) { try await node.job(id) }
        }
    }

    @Test("The log of an idle node is told the time, so that jobs are retired all the same")
    func idle() async throws {
        let harness = try NodeHarness(configuration: Self.configuration)
        try await harness.run { node in
            let id = try await Self.finishedJob(node)
            await harness.advance(by: .seconds(61))
            try await node.leader.retireJobs()
            try await node.leader.committed()

            try await node.leader.retireJobs()

            await #expect(throws: NodeError.unknownJob(id)) { try await node.job(id) }
        }
    }

    @Test("A job that was named by a redrive is retired like any other")
    func namedOnce() async throws {
        let harness = try NodeHarness(configuration: Self.configuration)
        try await harness.run { node in
            let id = try await Self.finishedJob(node)
            await #expect(throws: NodeError.refused(.wrongState(id, .cancelled))) { try await node.redrive(id) }
            await harness.advance(by: .seconds(9))
            _ = try await node.submitOne()

            try await node.leader.retireJobs()

            await #expect(throws: NodeError.unknownJob(id)) { try await node.job(id) }
        }
    }

    @Test("A job is not removed whose redrive may be in the log, though nobody knows")
    func unknownRedrive() async throws {
        let harness = try NodeHarness()
        let view = try harness.openView()
        _ = try await harness.run(on: view) { node in
            let worker = FakeWorker()
            let connection = try await node.open(worker)
            let id = try await node.submitOne()
            await node.report(1, [.failed(try await worker.attempts()[0], isFinal: true)], from: connection)
            _ = try await worker.settled()
            harness.log.script(.stopped)

            await #expect(throws: NodeError.self) { try await node.redrive(id) }

            let late = NodeHarness.wall + .seconds(3600)
            #expect(try await view.retire(finishedBefore: late, keysExpiredBefore: late, limit: 9) == 0)
        }
    }
}
