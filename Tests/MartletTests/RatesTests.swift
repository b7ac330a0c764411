import GRPCCore
import Logging
import MartletWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import Martlet

#if canImport(Glibc)
    import FoundationEssentials
    import Glibc
#else
    import Foundation
#endif

/// Measures rather than tests: `MARTLET_RATES=1 swift test -c release -Xswiftc -enable-testing --filter Rates`.
@Suite("Rates", .serialized, .enabled(if: ProcessInfo.processInfo.environment["MARTLET_RATES"] != nil))
struct RatesTests {
    /// CPU time of the process, stub included.
    func measure(_ name: String, _ count: Int, _ body: () async throws -> Void) async rethrows {
        var (before, after) = (timespec(), timespec())
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before)
        let time = try await ContinuousClock().measure { try await body() }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after)
        let cpu = Double(after.tv_sec - before.tv_sec) + Double(after.tv_nsec - before.tv_nsec) / 1e9
        print(
            "RATE \(name): \(Int(Double(count) / (time / .seconds(1)))) jobs/s, \(cpu / Double(count) * 1e6) us CPU a job"
        )
    }

    @Test("No-op jobs through a worker", arguments: [500, 10_000])
    func worker(concurrency: Int) async throws {
        let total = 1_000_000
        let done = Gate()
        let work = StubWork { stream in
            var (sent, settled) = (0, 0)
            func next(_ count: Int) -> Martlet_V1_ServerMessage {
                var message = Martlet_V1_ServerMessage()
                message.attempts.attempts = (sent..<sent + count).map { number in
                    .with {
                        $0.jobID = "01994f2a-7c1e-7000-8000-0000000\(10000 + number % 90000)"
                        ($0.token, $0.kind, $0.queue, $0.attempt) = (UInt64(number), "noop", "default", 1)
                        $0.payload = Data([1, 2, 3, 4])
                        $0.submittedAt.seconds = 1_700_000_000
                    }
                }
                sent += count
                return message
            }
            for try await message in stream.messages {
                switch message.message {
                case .open:
                    try await stream.opened()
                    for _ in 0..<10 { try await stream.writer.write(next(concurrency / 10)) }
                case .report(let report):
                    try await stream.settled(report.number)
                    settled += report.outcomes.count
                    let more = min(report.outcomes.count, total - sent)
                    if more > 0 { try await stream.writer.write(next(more)) }
                    if settled == total { done.open() }
                default: break
                }
            }
        }
        try await StubServer.with([work]) { stub in
            let worker = MartletWorker(stub.address, concurrency: concurrency)
            worker.handle(kind: "noop") { _, _ in [] }
            await measure("worker of \(concurrency)", total) {
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await worker.run() }
                    await done.passed()
                    group.cancelAll()
                }
            }
        }
    }

    @Test("Batches of raw jobs", arguments: [1000])
    func batches(size: Int) async throws {
        try await withStub { client in
            let batch = [RawJob](repeating: RawJob(kind: "noop", payload: [1, 2, 3, 4]), count: size)
            try await measure("submit in batches of \(size)", 1_000_000) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask { for _ in 0..<(125_000 / size) { _ = try await client.submit(batch) } }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("Typed jobs one by one from many tasks")
    func singles() async throws {
        try await withStub { client in
            try await measure("submit one by one from 2000 tasks", 500_000) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<2000 {
                        group.addTask {
                            for _ in 0..<250 { _ = try await client.submit(EmailJob(to: "a@b", subject: "hi")) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    func withStub(_ body: (MartletClient) async throws -> Void) async throws {
        let jobs = StubJobs(keepsRequests: false)
        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address, body: body)
        }
    }
}
