import FoundationEssentials
import MartletHarness

/// What every scenario needs: fresh servers, clients and workers, each a process.
final class Bench {
    private let martlet: String
    private let program: String
    let leash: Leash
    private var started = 0

    init(martlet: String, program: String, leash: Leash) {
        self.martlet = martlet
        self.program = program
        self.leash = leash
    }

    /// The name of a folder that does not exist yet.
    func newFolder() -> String {
        started += 1
        return "\(leash.folder)/data-\(started)"
    }

    /// Runs `body` with a server on a new folder, both gone afterwards.
    func withServer<Value>(_ body: (ServerProcess) throws -> Value) throws -> Value {
        let data = newFolder()
        let server = try ServerProcess.start(martlet, data: data, name: "server-\(started)", leash: leash)
        defer { server.child.kill() }
        let value = try body(server)
        server.child.terminate(within: .seconds(10))
        try FileManager.default.removeItem(atPath: data)
        return value
    }

    /// A server on the folder and ports of one that was killed.
    func restart(_ server: ServerProcess) throws -> ServerProcess {
        started += 1
        return try ServerProcess.start(
            martlet, data: server.dataFolder, name: "server-\(started)", ports: (server.httpPort, server.grpcAddress),
            leash: leash)
    }

    /// Starts this program in another role.
    func start(_ role: String, _ arguments: [String]) throws -> Child {
        started += 1
        return try Child(program, [role] + arguments, name: "\(role)-\(started)", leash: leash)
    }

    /// Runs this program in another role to its end and returns what it reported.
    func run<Value: Decodable>(_ role: String, _ arguments: [String], as: Value.Type) throws -> Value {
        let child = try start(role, arguments)
        guard child.waitForExit(within: .seconds(300)) == 0 else {
            throw HarnessError("\(child.name) failed:\n\(child.lastWords)")
        }
        return try JSONDecoder().decode(Value.self, from: Data(child.outputText().utf8))
    }

    /// Starts a worker and returns once the server knows its session.
    func startWorker(_ server: ServerProcess, expecting count: Int, _ more: [String] = []) throws -> Child {
        let worker = try start(
            "worker", ["--server", server.grpcAddress, "--expect", "\(count)"] + more)
        let isConnected = try waitUntil(within: .seconds(20)) {
            try server.metrics().first(of: "martlet_sessions") >= 1
        }
        guard isConnected else { throw HarnessError("the worker did not connect:\n\(worker.lastWords)") }
        return worker
    }

    /// What the worker says once it has begun as many jobs as it expected.
    func report(of worker: Child, within limit: Duration) throws -> WorkerReport {
        var text = ""
        let isThere = try waitUntil(within: limit) {
            text = try worker.outputText()
            return text.hasSuffix("\n")
        }
        guard isThere else { throw HarnessError("\(worker.name) did not get its jobs in time:\n\(worker.lastWords)") }
        return try JSONDecoder().decode(WorkerReport.self, from: Data(text.utf8))
    }

    /// Returns once so many jobs of the bench's queue are in a state, by the view, and the view has caught up.
    func settle(_ server: ServerProcess, _ state: String, count: Int) throws {
        let isThere = try waitUntil(within: .seconds(120), every: .milliseconds(20)) {
            let metrics = try server.metrics()
            return try metrics.first(of: "martlet_view_backlog") == 0
                && Int(metrics.sum("martlet_queue_jobs", "state=\"\(state)\"") ?? 0) == count
        }
        guard isThere else { throw HarnessError("the view does not show \(count) jobs \(state)") }
    }
}

/// What a client reports; instants are CLOCK_MONOTONIC nanoseconds.
struct ClientReport: Codable {
    var jobs: Int
    var firstSubmit: UInt64
    var lastAnswer: UInt64
    /// Processor time of the client's process, seconds.
    var processorSeconds: Double

    init(jobs: Int, firstSubmit: UInt64, lastAnswer: UInt64) throws {
        self.jobs = jobs
        self.firstSubmit = firstSubmit
        self.lastAnswer = lastAnswer
        processorSeconds = try ProcessFigures.current.processorTime() / .seconds(1)
    }

    var jobsPerSecond: Double { Double(jobs) * 1e9 / Double(lastAnswer - firstSubmit) }
}

/// What a worker reports; instants are CLOCK_MONOTONIC nanoseconds.
struct WorkerReport: Codable {
    var jobs: Int
    var firstStart: UInt64
    var lastStart: UInt64
    /// Milliseconds from submission to start, if they were asked for.
    var p50: Double?
    var p99: Double?

    var jobsPerSecond: Double { Double(jobs) * 1e9 / Double(lastStart - firstStart) }
}
