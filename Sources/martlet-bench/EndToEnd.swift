import FoundationEssentials
import MartletHarness

/// From the first submission to the last recorded completion, everything running at once; then the log alone, with
/// entries of the size that the run had.
func measureEndToEnd(_ bench: Bench, jobs: Int, batch: Int) throws -> Findings {
    let (findings, load) = try bench.withServer { server -> (Findings, LogLoad) in
        let worker = try bench.startWorker(server, expecting: jobs)
        let before = try ProcessFigures(pid: server.pid).processorTime()
        let client = try bench.run(
            "client",
            ["--server", server.grpcAddress, "--mode", "batch", "--jobs", "\(jobs)", "--batch", "\(batch)"]
                + ["--callers", "16"], as: ClientReport.self)
        _ = try bench.report(of: worker, within: .seconds(120))
        var completed = 0
        let isOver = try waitUntil(within: .seconds(60)) {
            completed = Int(try completions(server.metrics()))
            return completed >= jobs
        }
        let end = monotonicNanoseconds()
        guard isOver, completed == jobs else { throw HarnessError("\(completed) of \(jobs) jobs completed") }
        try bench.settle(server, "succeeded", count: jobs)
        let spent = try ProcessFigures(pid: server.pid).processorTime() - before
        let load = try LogLoad(server.metrics())
        let work = try ProcessFigures(pid: worker.pid).processorTime()
        say(
            """
            processor time of a job: server \(micros(spent, jobs)) us, worker \(micros(work, jobs)) us, client \
            \(micros(.seconds(client.processorSeconds), jobs)) us; \(load.entries) entries of \(load.bytesPerEntry) bytes
            """)
        worker.kill()
        return (
            [
                .endToEnd: Double(jobs) * 1e9 / Double(end - client.firstSubmit),
                .serverProcessor: spent / .microseconds(1) / Double(jobs),
            ], load
        )
    }
    let folder = bench.newFolder()
    let appends = try bench.run(
        "append", ["--folder", folder, "--bytes", "\(load.bytesPerEntry)"], as: ClientReport.self)
    try FileManager.default.removeItem(atPath: folder)
    return findings.merging([.logLimit: appends.jobsPerSecond * load.eventsPerEntry]) { $1 }
}

/// Microseconds for one job, with one decimal.
private func micros(_ time: Duration, _ jobs: Int) -> Double {
    (time / .microseconds(1) / Double(jobs) * 10).rounded() / 10
}

private func completions(_ metrics: Metrics) throws -> Double {
    guard let completed = metrics.sum("martlet_attempts_ended_total", "outcome=\"completed\"") else {
        throw HarnessError("/metrics has no completed attempts")
    }
    return completed
}

/// What a run wrote to its log.
private struct LogLoad {
    let entries: Int
    let events: Int
    let bytesPerEntry: Int

    var eventsPerEntry: Double { Double(events) / Double(entries) }

    init(_ metrics: Metrics) throws {
        entries = Int(try metrics.first(of: "martlet_log_entries_total"))
        guard entries > 0 else { throw HarnessError("the run left no entry in the log") }
        bytesPerEntry = Int(try metrics.first(of: "martlet_log_entry_bytes_total")) / entries
        events = Int(
            try metrics.first(of: "martlet_jobs_submitted_total")
                + metrics.first(of: "martlet_attempts_started_total") + completions(metrics))
    }
}
