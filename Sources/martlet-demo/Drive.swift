import FoundationEssentials
import Martlet
import MartletHarness

/// The demo's story: submit in waves, kill the server when half of the results are in, kill a worker soon after,
/// wait for the rest, and judge.
struct Drive {
    let paths: [String]
    let fleet: Fleet
    let pace: Duration
    let limit: Duration

    func run() async throws -> Verdict {
        guard let address = ServerAddress(fleet.grpcAddress) else {
            throw HarnessError("\(fleet.grpcAddress) is not host:port")
        }
        let tally = Tally()
        let start = Date()
        let clock = ContinuousClock.now
        let isInTime = try await MartletClient.with(address, options: ClientOptions(patience: limit)) { client in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { try await story(client, tally) }
                group.addTask { try await timeLimit(tally) }
                group.addTask { try await ProgressLine(jobs: paths.count, client: client, tally: tally).run() }
                defer { group.cancelAll() }
                return try await group.next() ?? false
            }
        }
        let time = ContinuousClock.now - clock
        say(isInTime ? "all results are in; checking them" : "the time is over; checking what is there")
        return try Verdict(tally: tally.sums, jobs: paths.count, fleet: fleet, start: start, time: time)
    }

    private func timeLimit(_ tally: Tally) async throws -> Bool {
        try await Task.sleep(for: limit)
        tally.giveUp()
        return false
    }

    /// True once every job has ended.
    private func story(_ client: MartletClient, _ tally: Tally) async throws -> Bool {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var (rest, small) = (paths[...], max(1, paths.count / 40))
            // Little by little at first; then so much that the server dies with its hands full.
            while paths.count - rest.count < paths.count * 2 / 5 {
                try await wave(&rest, small, client, tally, &group)
                try await Task.sleep(for: pace / 40)
            }
            try await wave(&rest, paths.count / 5, client, tally, &group)
            await tally.reaches(paths.count / 2)
            try await killServer(tally)
            try await wave(&rest, paths.count / 5, client, tally, &group)
            try await killWorker(client, tally)
            while !rest.isEmpty {
                small = max(1, small)
                try await wave(&rest, small, client, tally, &group)
                try await Task.sleep(for: pace / 40)
            }
            try await group.waitForAll()
        }
        return true
    }

    /// Submits the next jobs; returns once they are acknowledged, while their ends are still awaited.
    private func wave(
        _ rest: inout ArraySlice<String>, _ count: Int, _ client: MartletClient, _ tally: Tally,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        var left = min(max(1, count), rest.count)
        while left > 0 {
            let part = rest.prefix(min(left, 5000))
            rest = rest.dropFirst(part.count)
            left -= part.count
            let begin = ContinuousClock.now
            let handles = try await client.submit(
                part.map { DigestJob(path: $0) }, JobOptions(queue: DigestJob.queue))
            tally.submitted(handles, part)
            group.addTask {
                for try await job in client.wait(for: handles) {
                    tally.ended(job, milliseconds: (ContinuousClock.now - begin) / .milliseconds(1))
                }
            }
        }
    }

    @concurrent
    private func killServer(_ tally: Tally) async throws {
        say("kill -9 for the server, \(tally.sums.outstanding) jobs outstanding; starting it again")
        try fleet.killServer()
    }

    @concurrent
    private func killWorker(_ client: MartletClient, _ tally: Tally) async throws {
        // A kill that hits an idle worker proves nothing: wait, within bounds, until it holds attempts.
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline, tally.sums.outstanding > 0 {
            if await isVictimBusy(client) { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        say("kill -9 for a worker, \(tally.sums.outstanding) jobs outstanding; starting another")
        try fleet.killWorker()
    }

    private func isVictimBusy(_ client: MartletClient) async -> Bool {
        do {
            return try await client.workers().contains { $0.name == fleet.victim && $0.running > 0 }
        } catch {
            // The server has only just been started again; the caller asks until its time is over.
            return false
        }
    }
}
