import MartletHarness

/// A deep queue: its memory, how fast its head is drained compared with a queue of the head alone, and how soon a
/// server that was killed with it hands out its first job.
func measureBacklog(_ bench: Bench, waiting: Int, batch: Int) throws -> Findings {
    let head = 100_000
    let baseline = try bench.withServer { server in
        try submit(head, batch: batch, to: server, bench)
        try bench.settle(server, "queued", count: head)
        return try drain(head, from: server, bench)
    }
    return try bench.withServer { server in
        sleepUntil(monotonicNanoseconds: monotonicNanoseconds() + 500_000_000)
        let empty = try ProcessFigures(pid: server.pid).memory()
        try submit(waiting, batch: batch, to: server, bench)
        try bench.settle(server, "queued", count: waiting)
        sleepUntil(monotonicNanoseconds: monotonicNanoseconds() + 1_000_000_000)
        let full = try ProcessFigures(pid: server.pid).memory()
        try submit(head, batch: batch, to: server, bench)
        try bench.settle(server, "queued", count: waiting + head)
        let rate = try drain(head, from: server, bench)
        return [
            .waitingBytes: Double(full - empty) / Double(waiting),
            .backlogRatio: rate / baseline,
            .restart: try restart(server, bench),
        ]
    }
}

private func submit(_ jobs: Int, batch: Int, to server: ServerProcess, _ bench: Bench) throws {
    _ = try bench.run(
        "client",
        ["--server", server.grpcAddress, "--mode", "batch", "--jobs", "\(jobs)", "--batch", "\(batch)"]
            + ["--callers", "16"], as: ClientReport.self)
}

/// Starts a worker on jobs that wait; jobs a second from its first to its last.
private func drain(_ jobs: Int, from server: ServerProcess, _ bench: Bench) throws -> Double {
    let worker = try bench.start("worker", ["--server", server.grpcAddress, "--expect", "\(jobs)"])
    defer { worker.kill() }
    return try bench.report(of: worker, within: .seconds(120)).jobsPerSecond
}

/// Kills the server; seconds from the exec of the next to the answer that brings a waiting worker its first job.
private func restart(_ server: ServerProcess, _ bench: Bench) throws -> Double {
    server.child.kill()
    let next = try bench.restart(server)
    defer { next.child.kill() }
    let call = WebCall(port: next.httpPort)
    let isThere = try waitUntil(within: .seconds(60)) {
        let answer = try call.post("/v1/attempts:lease", json: #"{"queues":["bench"],"wait":"10s","lease":"30s"}"#)
        return answer.status == 200 && answer.body.contains("\"jobId\"")
    }
    guard isThere else { throw HarnessError("no job came within 60 s of the restart") }
    return Double(monotonicNanoseconds() - next.startedAt) / 1e9
}
