import MartletHarness
import Synchronization

/// The processes of the demo: one server, some workers.
final class Fleet: Sendable {
    private struct State {
        var server: ServerProcess
        var workers: [Child]
        var started = 0
        var killedServers = 0
        var killedWorkers = 0
    }

    private let martlet: String
    private let demo: String
    private let leash: Leash
    private let state: Mutex<State>

    /// What the demo changes of the server's defaults: how soon a vanished worker's jobs run again.
    private static let options = ["--session-grace", "3s", "--heartbeat", "1s"]

    init(martlet: String, demo: String, workers: Int, leash: Leash) throws {
        self.martlet = martlet
        self.demo = demo
        self.leash = leash
        let server = try ServerProcess.start(
            martlet, data: "\(leash.folder)/data", name: "server-0", options: Self.options, leash: leash)
        state = Mutex(State(server: server, workers: []))
        for _ in 0..<workers { try startWorker() }
    }

    var grpcAddress: String { state.withLock { $0.server.grpcAddress } }
    var kills: (servers: Int, workers: Int) { state.withLock { ($0.killedServers, $0.killedWorkers) } }

    func metrics() throws -> Metrics { try state.withLock { $0.server }.metrics() }

    /// kill -9 for the server, then a new one on the same folder and ports. Returns once it serves.
    func killServer() throws {
        let old = state.withLock { $0.server }
        old.child.kill()
        let kills = state.withLock {
            $0.killedServers += 1
            return $0.killedServers
        }
        let new = try ServerProcess.start(
            martlet, data: old.dataFolder, name: "server-\(kills)", ports: (old.httpPort, old.grpcAddress),
            options: Self.options, leash: leash)
        state.withLock { $0.server = new }
    }

    /// kill -9 for the worker that has served for longest, then a new one.
    func killWorker() throws {
        let victim = state.withLock { $0.workers.removeFirst() }
        victim.kill()
        state.withLock { $0.killedWorkers += 1 }
        try startWorker()
    }

    /// The name of the next worker to be killed.
    var victim: String? { state.withLock { $0.workers.first?.name } }

    /// Ends everything in order; whatever does not end in time is killed.
    func end() {
        let (server, workers) = state.withLock { ($0.server, $0.workers) }
        for worker in workers { worker.terminate(within: .seconds(5)) }
        server.child.terminate(within: .seconds(5))
    }

    private func startWorker() throws {
        let number = state.withLock {
            $0.started += 1
            return $0.started
        }
        let name = "worker-\(number)"
        let worker = try Child(
            demo, ["worker", "--server", grpcAddress, "--name", name], name: name, leash: leash)
        state.withLock { $0.workers.append(worker) }
    }
}
