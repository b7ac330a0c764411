import ArgumentParser
import Logging
import Martlet
import MartletHarness
import ServiceLifecycle
import UnixSignals

/// A worker as anyone would write it.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Computes digests until SIGTERM.")

    @Option(help: "Where the server listens for gRPC.")
    var server = "127.0.0.1:7481"

    @Option(help: "How many files at once.")
    var concurrency = 16

    @Option(help: "What `martlet workers` calls it.")
    var name: String?

    func run() async throws {
        guard let address = ServerAddress(server) else { throw ValidationError("\(server) is not host:port") }
        let logger = Logger(label: "martlet-demo.worker")
        let worker = MartletWorker(
            address, queues: [DigestJob.queue], concurrency: concurrency, name: name, drainTimeout: .seconds(5),
            logger: logger)
        worker.handle(DigestJob.self) { job, _ in digest(of: job.path) }
        let services = ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await services.run()
    }
}
