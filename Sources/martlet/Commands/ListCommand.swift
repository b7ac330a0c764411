internal import ArgumentParser
internal import FoundationEssentials
internal import Martlet

/// `martlet list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, newest first.",
        discussion: """
            On a terminal a table with ages; otherwise a line for each job with tabs between id, kind, queue, state, \
            attempt, submitted, due, finished and failure, instants in UTC and "-" for nothing.

            Examples:
              martlet list --state dead --queue mail
              martlet list --since 2h --limit 500
              martlet list --since 2026-11-20T18:00Z --until 2026-11-20T19:00Z --json

            \(ExitStatus.help)
            """)

    @Option(help: "Only jobs of this queue.")
    var queue: String?

    @Option(help: "Only jobs of this kind.")
    var kind: String?

    @Option(
        help: ArgumentHelp("Only jobs in this state: \(JobState.words).", valueName: "state"),
        transform: JobState.option)
    var state: JobState?

    @Option(
        help: ArgumentHelp("Only jobs submitted then or later.", valueName: "instant or age"),
        transform: Date.optionOrAge)
    var since: Date?

    @Option(
        help: ArgumentHelp("Only jobs submitted before.", valueName: "instant or age"), transform: Date.optionOrAge)
    var until: Date?

    @Option(help: "How many jobs at most.")
    var limit = 100

    @Option(help: ArgumentHelp("Go on where an earlier list ended: the token it printed.", valueName: "token"))
    var page: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        try await connection.withClient { client in
            let filter = JobFilter(queue: queue, kind: kind, state: state, since: since, until: until)
            let (jobs, next) = try await client.jobs(matching: filter, limit: limit, from: page)
            try Listings.jobs.write(jobs, asJSON: connection.json)
            if let next { Console.complain("There are more: go on with --page \(next)") }
        }
    }
}

/// Which jobs to list.
struct JobFilter {
    var queue: String?
    var kind: String?
    var state: JobState?
    var since: Date?
    var until: Date?
}

extension MartletClient {
    /// Up to `limit` jobs, over as many pages as it takes, and where the rest begins.
    func jobs(
        matching filter: JobFilter, limit: Int, from page: String? = nil
    ) async throws -> (jobs: [JobSnapshot], next: String?) {
        var jobs: [JobSnapshot] = []
        var next = page
        repeat {
            let page = try await self.jobs(
                queue: filter.queue, kind: filter.kind, state: filter.state, submittedAfter: filter.since,
                submittedBefore: filter.until, pageSize: min(limit - jobs.count, 1000), pageToken: next)
            jobs += page.jobs
            next = page.nextPageToken
        } while next != nil && jobs.count < limit
        return (jobs, next)
    }
}

extension JobState {
    static let words = allCases.map(\.rawValue).joined(separator: ", ")

    /// For options: a state in words.
    @Sendable static func option(_ text: String) throws -> JobState {
        guard let state = JobState(rawValue: text.lowercased()) else {
            throw ValidationError("'\(text)' is no state of a job: \(words).")
        }
        return state
    }
}
