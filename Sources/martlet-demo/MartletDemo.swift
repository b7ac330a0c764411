import ArgumentParser

/// Martlet's main job, on real input: a digest of every file under a directory, with kills on the way.
@main
struct MartletDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-demo",
        abstract: "Digests every file under a directory, kills the server and a worker half-way, and checks it all.",
        subcommands: [DriveCommand.self, WorkerCommand.self],
        defaultSubcommand: DriveCommand.self)
}
