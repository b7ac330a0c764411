import ArgumentParser
import FoundationEssentials
import Glibc
import Martlet
import MartletHarness

/// Submits jobs and reports when it began and when the last was acknowledged.
struct ClientRole: AsyncParsableCommand {
    enum Mode: String, ExpressibleByArgument { case batch, single, paced }

    static let configuration = CommandConfiguration(commandName: "client", shouldDisplay: false)

    @Option var server: String
    @Option var mode: Mode
    /// batch, paced: how many jobs.
    @Option var jobs = 0
    /// batch: how many in one submission.
    @Option var batch = 1000
    /// batch, single: how many submit at once.
    @Option var callers = 64
    /// single: how long.
    @Option var seconds = 3.0
    /// paced: how many a second.
    @Option var rate = 1000

    func run() async throws {
        guard let address = ServerAddress(server) else { throw ValidationError("\(server) is not host:port") }
        let (load, mode) = (Load(jobs: jobs, batch: batch, callers: callers, seconds: seconds, rate: rate), mode)
        let report = try await MartletClient.with(address) { client in
            // Connects: the clock is for submissions.
            _ = try await client.queues()
            switch mode {
            case .batch: return try await load.submitBatches(client)
            case .single: return try await load.submitSingles(client)
            case .paced: return try await load.submitPaced(client)
            }
        }
        try writeReport(report)
    }
}

/// One line of JSON on standard output, at once.
func writeReport(_ report: some Encodable) throws {
    var line = [UInt8](try JSONEncoder().encode(report))
    line.append(UInt8(ascii: "\n"))
    guard write(STDOUT_FILENO, line, line.count) == line.count else { throw HarnessError("cannot write the report") }
}
