import MartletHarness

/// Submissions alone, many jobs in each.
func measureBatches(_ bench: Bench, jobs: Int, batch: Int) throws -> Findings {
    try bench.withServer { server in
        let report = try bench.run(
            "client",
            ["--server", server.grpcAddress, "--mode", "batch", "--jobs", "\(jobs)", "--batch", "\(batch)"]
                + ["--callers", "16"], as: ClientReport.self)
        try bench.settle(server, "queued", count: jobs)
        return [.submitBatched: report.jobsPerSecond]
    }
}

/// Submissions alone, one job each, from 64 callers of one client, each waiting for its answer.
func measureSingles(_ bench: Bench) throws -> Findings {
    try bench.withServer { server in
        let report = try bench.run(
            "client", ["--server", server.grpcAddress, "--mode", "single", "--callers", "64"], as: ClientReport.self)
        try bench.settle(server, "queued", count: report.jobs)
        return [.submitSingle: report.jobsPerSecond]
    }
}

/// From a submission to its handler's start, 1,000 jobs a second; the first second is not counted.
func measureLatency(_ bench: Bench) throws -> Findings {
    try bench.withServer { server in
        let (rate, seconds) = (1000, 6)
        let worker = try bench.startWorker(server, expecting: rate * seconds, ["--latency-after", "\(rate)"])
        _ = try bench.run(
            "client",
            ["--server", server.grpcAddress, "--mode", "paced", "--jobs", "\(rate * seconds)", "--rate", "\(rate)"],
            as: ClientReport.self)
        let report = try bench.report(of: worker, within: .seconds(20))
        worker.kill()
        guard let p50 = report.p50, let p99 = report.p99 else { throw HarnessError("the worker timed no start") }
        return [.latencyMedian: p50, .latencyTail: p99]
    }
}

/// From exec to the line that says that it serves, on an empty folder.
func measureStart(_ bench: Bench) throws -> Findings {
    try bench.withServer { server in [.start: Double(server.servingAt - server.startedAt) / 1e6] }
}

/// The server's processor time over ten seconds in which nothing happens, one worker connected.
func measureIdle(_ bench: Bench) throws -> Findings {
    try bench.withServer { server in
        let worker = try bench.startWorker(server, expecting: 1)
        sleepUntil(monotonicNanoseconds: monotonicNanoseconds() + 2_000_000_000)
        let before = (time: monotonicNanoseconds(), spent: try ProcessFigures(pid: server.pid).processorTime())
        sleepUntil(monotonicNanoseconds: before.time + 10_000_000_000)
        let spent = try ProcessFigures(pid: server.pid).processorTime() - before.spent
        let passed = Double(monotonicNanoseconds() - before.time)
        worker.kill()
        return [.idle: spent / .nanoseconds(1) / passed * 100]
    }
}
