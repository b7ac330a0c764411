import ArgumentParser
import Logging
import Martlet
import MartletHarness
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Does nothing, many times, and reports once it has begun as many jobs as expected. Runs until it is ended.
struct WorkerRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var server: String
    @Option var expect: Int
    @Option var concurrency = 1000
    @Option var name: String?
    /// Payloads begin with the time of their submission: report how long the starts took, but for the first so many.
    @Option var latencyAfter: Int?

    func run() async throws {
        guard let address = ServerAddress(server) else { throw ValidationError("\(server) is not host:port") }
        let logger = Logger(label: "martlet-bench.worker")
        let worker = MartletWorker(address, queues: ["bench"], concurrency: concurrency, name: name, logger: logger)
        let begun = Begun(expected: expect, latencyAfter: latencyAfter)
        worker.handle(kind: "nothing") { payload, _ in
            try begun.count(payload)
            return []
        }
        let services = ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger)
        try await services.run()
    }
}

/// Counts the jobs that have begun.
private final class Begun: Sendable {
    private let expected: Int
    private let latencyAfter: Int?
    private let begun = Atomic<Int>(0)
    private let first = Atomic<UInt64>(0)
    private let latencies = Mutex<[UInt64]>([])

    init(expected: Int, latencyAfter: Int?) {
        self.expected = expected
        self.latencyAfter = latencyAfter
    }

    func count(_ payload: [UInt8]) throws {
        let number = begun.wrappingAdd(1, ordering: .relaxed).newValue
        let now = number == 1 || number == expected || latencyAfter != nil ? monotonicNanoseconds() : 0
        if number == 1 { first.store(now, ordering: .relaxed) }
        if let latencyAfter, number > latencyAfter {
            let submitted = payload.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            latencies.withLock { $0.append(now - submitted) }
        }
        if number == expected { try report(now) }
    }

    private func report(_ now: UInt64) throws {
        let sorted = latencies.withLock { $0.sorted() }
        func milliseconds(_ share: Double) -> Double? {
            sorted.isEmpty ? nil : Double(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]) / 1e6
        }
        try writeReport(
            WorkerReport(
                jobs: expected, firstStart: first.load(ordering: .relaxed), lastStart: now,
                p50: milliseconds(0.5), p99: milliseconds(0.99)))
    }
}
