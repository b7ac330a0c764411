import MartletCore
import MartletLog
import MartletSQLite
import MartletView
import Synchronization
import Testing

@testable import MartletNode

@Suite("What the log keeps behind the view")
struct ForgettingTests {
    @Test("A node forgets what it wrote in earlier lives, none of which was long", .timeLimit(.minutes(1)))
    func shortLives() async throws {
        var configuration = NodeConfiguration()
        configuration.logBytes = 64 << 10
        let harness = try NodeHarness(configuration: configuration)
        for _ in 0..<5 {
            try await harness.run { node in
                // Each life goes on where the one before ended; in the same instant it would draw the same ids.
                await harness.advance(by: .seconds(60))
                _ = try await node.submit((0..<10).map { _ in .mail([UInt8](repeating: 1, count: 2000)) }, stamp: nil)
            }
        }
        try await harness.run { _ in
            while try await harness.keepsTooMuch {
                try Task.checkCancellation()
                await harness.advance(by: .seconds(60))
            }
        }

        let first = try await harness.log.firstPosition
        let kept = try await harness.log.read(from: first, bytes: .max)
        let bytes = kept.map(\.body.count).reduce(0, +)
        #expect(first > 1)
        #expect((32 << 10...64 << 10).contains(bytes), "kept are \(bytes) bytes")
        try await harness.run { node in
            let listed = try await node.jobs(JobQuery()).jobs
            #expect(listed.count == 50)
        }
    }

    @Test("Much that is kept at a start is forgotten step by step, to the end", .timeLimit(.minutes(1)))
    func manySteps() async throws {
        var configuration = NodeConfiguration()
        configuration.logBytes = 1 << 10
        let log = SteppingLog()
        let harness = try NodeHarness(log: ScriptedLog(log), configuration: configuration)
        try await harness.run { node in
            for _ in 0..<200 { _ = try await node.submitOne() }
        }
        try await harness.run { _ in
            while log.forgotten == 0 {
                try Task.checkCancellation()
                await harness.advance(by: .seconds(60))
            }
            // Time stands still: what one round has left, the next one takes by itself.
            while try await harness.keepsTooMuch {
                try Task.checkCancellation()
                await Task.yield()
            }
        }

        #expect(log.forgotten > 150)
        try await harness.run { node in
            await harness.advance(by: .seconds(60))
            let id = try await node.submitOne()
            #expect(try await node.job(id).job.state == .queued)
        }
    }

    @Test("Whoever reads the view's file keeps the log from forgetting, and nothing else", .timeLimit(.minutes(1)))
    func heldByReader() async throws {
        var configuration = NodeConfiguration()
        configuration.logBytes = 1 << 10
        configuration.retention = .seconds(5)
        let harness = try NodeHarness(configuration: configuration)
        try await harness.run { node in
            let old = try await node.submitOne()
            _ = try await node.cancel(old)
            #expect(try await node.job(old).job.state == .cancelled)
            let reader = try Database(path: harness.viewPath)
            try reader.execute("BEGIN")
            _ = try reader.prepare("SELECT count(*) FROM jobs").step()

            await harness.advance(by: .seconds(9))
            for _ in 0..<20 { _ = try await node.submitOne() }
            await harness.advance(by: .seconds(60))
            // Waits in real time until SQLite has waited for the reader, and the house has gone on.
            while (try? await node.job(old)) != nil {
                try Task.checkCancellation()
                await harness.advance(by: .milliseconds(20))
            }
            #expect(try await harness.log.firstPosition == 1)

            try reader.execute("COMMIT")
            while try await harness.keepsTooMuch {
                try Task.checkCancellation()
                await harness.advance(by: .milliseconds(20))
            }
        }
    }
}

extension NodeHarness {
    fileprivate var keepsTooMuch: Bool {
        get async throws { try await log.excess(over: configuration.logBytes) != nil }
    }
}

extension ScriptedLog {
    /// The position of the first entry that is kept.
    fileprivate var firstPosition: UInt64 {
        get async throws(LogError) {
            do throws(LogError) {
                _ = try await read(from: 1, bytes: 1)
                return 1
            } catch {
                guard case .forgotten(let first) = error else { throw error }
                return first
            }
        }
    }
}

/// A log in memory that forgets one entry in a step.
private final class SteppingLog: EventLog {
    private let base = InMemoryLog(partition: 0, incarnation: LogIncarnation(high: 1, low: 2))
    private let last = Mutex<UInt64>(0)

    /// The position of the last entry forgotten.
    var forgotten: UInt64 { last.withLock { $0 } }

    func excess(over bytes: Int) async throws(LogError) -> UInt64? {
        try await base.excess(over: bytes) == nil ? nil : forgotten + 1
    }

    func forget(through position: UInt64) async throws(LogError) {
        try await base.forget(through: position)
        last.withLock { $0 = position }
    }

    var incarnation: LogIncarnation { base.incarnation }
    func head() async throws(LogError) -> LogHead { try await base.head() }
    func append(_ entry: Entry) async -> AppendOutcome { await base.append(entry) }
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        try await base.read(from: position, bytes: bytes)
    }
    func keep(_ checkpoint: Checkpoint) async throws(LogError) { try await base.keep(checkpoint) }
    func checkpoint() async throws(LogError) -> Checkpoint? { try await base.checkpoint() }
    func close() async { await base.close() }
}
