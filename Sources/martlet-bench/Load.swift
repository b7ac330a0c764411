import Martlet
import MartletHarness
import Synchronization

/// How a client submits.
struct Load: Sendable {
    let jobs: Int
    let batch: Int
    let callers: Int
    let seconds: Double
    let rate: Int

    func submitBatches(_ client: MartletClient) async throws -> ClientReport {
        let turns = Turns(step: batch)
        let full = (0..<batch).map { _ in makeJob() }
        let first = monotonicNanoseconds()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    while true {
                        let before = turns.next()
                        guard before < jobs else { return }
                        _ = try await client.submit(Array(full.prefix(jobs - before)))
                    }
                }
            }
            try await group.waitForAll()
        }
        return try ClientReport(jobs: jobs, firstSubmit: first, lastAnswer: monotonicNanoseconds())
    }

    func submitSingles(_ client: MartletClient) async throws -> ClientReport {
        let job = [makeJob()]
        let first = monotonicNanoseconds()
        let end = first + UInt64(seconds * 1e9)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var count = 0
                    while monotonicNanoseconds() < end {
                        _ = try await client.submit(job)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return try ClientReport(jobs: count, firstSubmit: first, lastAnswer: monotonicNanoseconds())
    }

    /// Open loop: the next submission is made when it is due, whatever became of those before.
    func submitPaced(_ client: MartletClient) async throws -> ClientReport {
        let first = monotonicNanoseconds()
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let metronome = Metronome(count: jobs, interval: UInt64(1_000_000_000 / rate), tick: tick)
        metronome.start(at: first)
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in ticks {
                group.addTask {
                    var job = makeJob()
                    stamp(&job.payload, monotonicNanoseconds())
                    _ = try await client.submit([job])
                }
            }
        }
        return try ClientReport(jobs: jobs, firstSubmit: first, lastAnswer: monotonicNanoseconds())
    }
}

/// Ticks on a thread of its own, so that the pace does not hang on the pool that the submissions use.
private final class Metronome: Sendable {
    private let count: Int
    private let interval: UInt64
    private let tick: AsyncStream<Void>.Continuation

    init(count: Int, interval: UInt64, tick: AsyncStream<Void>.Continuation) {
        self.count = count
        self.interval = interval
        self.tick = tick
    }

    func start(at first: UInt64) {
        onThread { [self] in
            for number in 0..<count {
                sleepUntil(monotonicNanoseconds: first + UInt64(number) * interval)
                tick.yield()
            }
            tick.finish()
        }
    }
}

/// A job with 100 bytes of payload.
private func makeJob() -> RawJob {
    RawJob(kind: "nothing", payload: [UInt8](repeating: 7, count: 100), options: JobOptions(queue: "bench"))
}

/// Writes the time into the first eight bytes.
private func stamp(_ payload: inout [UInt8], _ time: UInt64) {
    withUnsafeBytes(of: time.littleEndian) { payload.replaceSubrange(0..<8, with: $0) }
}

/// Hands out 0, step, 2 step, … to whoever asks.
private final class Turns: Sendable {
    private let step: Int
    private let taken = Atomic<Int>(0)

    init(step: Int) { self.step = step }

    func next() -> Int { taken.wrappingAdd(step, ordering: .relaxed).oldValue }
}
