internal import ArgumentParser

/// `martlet`: everything else is a subcommand.
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "A task system: hand it a job, and the job runs to an end that is recorded.",
        discussion: """
            Try it:
              martlet serve &
              martlet worker --queue default --exec wc -c &
              martlet submit count 'how long is this?' --wait

            \(ExitStatus.help)
            """,
        version: Version.current,
        subcommands: [
            ServeCommand.self, SubmitCommand.self, GetCommand.self, ListCommand.self, CancelCommand.self,
            RedriveCommand.self, EventsCommand.self, QueuesCommand.self, WorkersCommand.self, WorkerCommand.self,
            VerifyCommand.self, VersionCommand.self, GuardCommand.self,
        ])
}

/// `martlet version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say which release this is.", discussion: "Example:\n  martlet version")

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() throws {
        let line = json ? JSONValue.object([("version", .string(Version.current))]).text : Version.current
        try Console.standard.print(line)
    }
}
