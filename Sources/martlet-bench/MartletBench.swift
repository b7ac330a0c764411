import ArgumentParser

/// Martlet's speed, measured with real processes.
@main
struct MartletBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-bench",
        abstract: "Measures what Martlet does on this machine: server, client and worker processes together.",
        subcommands: [RunCommand.self, ClientRole.self, WorkerRole.self, AppendRole.self],
        defaultSubcommand: RunCommand.self)
}
