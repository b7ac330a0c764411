import Martlet
import MartletHarness

/// Says once a second how far it is.
struct ProgressLine {
    let jobs: Int
    let client: MartletClient
    let tally: Tally

    func run() async throws -> Bool {
        var before = 0
        while true {
            try await Task.sleep(for: .seconds(1))
            let sums = tally.sums
            let running = await running()
            let p99 = sums.latency(quantile: 0.99).map { "\(rounded($0)) ms" } ?? "-"
            say(
                """
                submitted \(sums.paths.count) of \(jobs)  running \(running)  done \(sums.ended.count)  \
                \(sums.ended.count - before) jobs/s  p99 \(p99)
                """)
            before = sums.ended.count
        }
    }

    /// A dash while the server cannot be asked: it may just have been killed.
    private func running() async -> String {
        do {
            return "\(try await client.queues().reduce(0) { $0 + $1.running })"
        } catch {
            return "-"
        }
    }
}

/// One decimal is enough for people.
func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
