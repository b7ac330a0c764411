internal import ArgumentParser
internal import FoundationEssentials
internal import Martlet

/// `martlet get`.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a job, or wait for its end.",
        discussion: """
            Examples:
              martlet get 01890a5d-ac96-774b-bcce-b302099a8057
              martlet get 01890a5d-ac96-774b-bcce-b302099a8057 --wait 30s --json

            With --wait the exit status is 1 if the job ended dead or cancelled, and 75 if it has not ended in time.

            \(ExitStatus.help)
            """)

    @Argument(help: "The job's id.")
    var id: String

    @Option(
        name: .long, defaultAsFlag: WaitLimit.forever, parsing: .next,
        help: ArgumentHelp("Wait for the job's end, for this long at most.", valueName: "duration"),
        transform: WaitLimit.option)
    var wait: WaitLimit?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let job = try await connection.withClient { client in
            guard let wait else { return try await client.job(id) }
            return try await client.job(id, final: wait)
        }
        let console = Console.standard
        if connection.json {
            try console.print(JSONValue(job).text)
        } else {
            for line in JobSheet.lines(job, now: .now) { try console.print(line) }
        }
        if wait != nil { try job.requireSuccess() }
    }
}

extension JobSnapshot {
    /// The exit status of whoever waited for this job.
    func requireSuccess() throws(CommandError) {
        switch state {
        case .succeeded: return
        case .dead, .cancelled:
            throw CommandError(
                JobFailedError(jobID: id, state: state, failure: failure).description, .failure)
        case .scheduled, .queued, .running, .retrying:
            throw CommandError("job \(id) has not ended in time: it is \(state.rawValue)", .tryAgain)
        }
    }
}
