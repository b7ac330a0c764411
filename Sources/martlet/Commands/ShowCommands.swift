internal import ArgumentParser
internal import Martlet

/// `martlet events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show everything that happened to a job, oldest first.",
        discussion: """
            Without a terminal: tabs between time, position, event, attempt, state, due, session and failure.

            Example:
              martlet events 01890a5d-ac96-774b-bcce-b302099a8057

            \(ExitStatus.help)
            """)

    @Argument(help: "The job's id.")
    var id: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let events = try await connection.withClient { try await $0.events(of: id) }
        try Listings.events.write(events, asJSON: connection.json)
    }
}

/// `martlet queues`.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "Show the queues and how many jobs are in each state.",
        discussion: """
            Without a terminal: tabs between queue, scheduled, queued, running, retrying, succeeded, dead, cancelled, \
            workers and how long the oldest queued job has waited.

            Examples:
              martlet queues
              martlet queues | awk -F'\\t' '$7 > 0 { print $1 }'

            \(ExitStatus.help)
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let queues = try await connection.withClient { try await $0.queues() }
        try Listings.queues.write(queues, asJSON: connection.json)
    }
}

/// `martlet workers`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Show the workers' sessions.",
        discussion: """
            Without a terminal: tabs between session, name, queues, concurrency, running, connected, last seen and state.

            Example:
              martlet workers

            \(ExitStatus.help)
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let workers = try await connection.withClient { try await $0.workers() }
        try Listings.workers.write(workers, asJSON: connection.json)
    }
}
