internal import ArgumentParser
internal import Martlet

/// `martlet cancel`.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End jobs that are not final, wherever they stand.",
        discussion: """
            The rest is tried even if one job cannot be cancelled; the exit status is that of the first such job.

            Example:
              martlet cancel 01890a5d-ac96-774b-bcce-b302099a8057

            \(ExitStatus.help)
            """)

    @Argument(help: "The jobs' ids.")
    var ids: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.change(ids) { client, id in try await client.cancel(id) }
    }
}

/// `martlet redrive`.
struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive", abstract: "Put dead jobs back in their queue, their attempts counted afresh.",
        discussion: """
            Examples:
              martlet redrive 01890a5d-ac96-774b-bcce-b302099a8057
              martlet redrive --all --queue mail

            \(ExitStatus.help)
            """)

    @Argument(help: "The jobs' ids.")
    var ids: [String] = []

    @Flag(help: "All dead jobs of the queue.")
    var all = false

    @Option(help: "With --all: the queue.")
    var queue: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if all, queue == nil { throw ValidationError("--all needs --queue.") }
        if !all, queue != nil { throw ValidationError("--queue goes with --all.") }
        guard all != !ids.isEmpty else { throw ValidationError("Name either jobs, or --all and a --queue.") }
    }

    func run() async throws {
        guard all else { return try await connection.change(ids) { client, id in try await client.redrive(id) } }
        // Listed before anything is changed, so that a job that dies again meanwhile is not put back twice.
        let dead = try await connection.withClient { client in
            try await client.jobs(matching: JobFilter(queue: queue, state: .dead), limit: .max).jobs.map(\.id)
        }
        try await connection.change(dead) { client, id in try await client.redrive(id) }
    }
}

extension ConnectionOptions {
    /// Changes each job, prints it, and goes on past those that refuse; throws the first refusal at the end.
    fileprivate func change(
        _ ids: [String], _ change: (MartletClient, String) async throws -> JobSnapshot
    ) async throws {
        let address = try address()
        var first: CommandError?
        try await withClient { client in
            for id in ids {
                do {
                    let job = try await change(client, id)
                    try Console.standard.print(json ? JSONValue(job).text : "\(job.id)\t\(job.state.rawValue)")
                } catch let error as MartletError {
                    let refusal = CommandError(error, server: address)
                    // Without its server no other job can be changed either.
                    guard refusal.status != .unavailable else { throw refusal }
                    Console.complain("martlet: \(id): \(refusal.message)")
                    first = first ?? refusal
                }
            }
        }
        if let first {
            throw CommandError("not all jobs could be changed", first.status)
        }
    }
}
