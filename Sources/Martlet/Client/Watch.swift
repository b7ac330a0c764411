internal import GRPCCore
internal import MartletWire
internal import SwiftProtobuf

/// Follows some jobs to their ends over one stream after another.
struct Watch {
    private var waiting: Set<String>
    private let patience: Duration

    init(waiting: Set<String>, patience: Duration) {
        self.waiting = waiting
        self.patience = patience
    }

    /// Returns when all of the jobs have ended. Runs on the connection's loop.
    mutating func run(over connection: Connection, _ ended: @escaping @Sendable (JobSnapshot) -> Void) async throws {
        var backoff = Backoff()
        var deadline = ContinuousClock.now + patience
        while !waiting.isEmpty {
            let request = Martlet_V1_WaitJobsRequest.with { $0.ids = Array(waiting) }
            let (seen, trouble) = try await Self.stream(request, over: connection, ended)
            waiting.subtract(seen)
            guard !waiting.isEmpty else { return }
            if !seen.isEmpty {
                deadline = ContinuousClock.now + patience
                backoff.reset()
            }
            guard trouble.isWorthRepeating, ContinuousClock.now < deadline else { throw trouble }
            try await connection.pause(for: trouble.retryAfter ?? backoff.next())
        }
    }

    /// The jobs that ended, and why the stream did.
    private static func stream(
        _ request: Martlet_V1_WaitJobsRequest, over connection: Connection,
        _ ended: @escaping @Sendable (JobSnapshot) -> Void
    ) async throws -> (Set<String>, MartletError) {
        do {
            return try await follow(request, over: connection, ended)
        } catch {
            // No stream came about: the channel is down.
            guard let trouble = MartletError.translated(error) as? MartletError else { throw error }
            return ([], trouble)
        }
    }

    private static func follow(
        _ request: Martlet_V1_WaitJobsRequest, over connection: Connection,
        _ ended: @escaping @Sendable (JobSnapshot) -> Void
    ) async throws -> (Set<String>, MartletError) {
        try await connection.jobs.waitJobs(request, options: Connection.options()) { response in
            var seen: Set<String> = []
            do {
                for try await job in response.messages {
                    let snapshot = try JobSnapshot(job)
                    if seen.insert(job.id).inserted { ended(snapshot) }
                }
                return (seen, MartletError(.unavailable, "the server ended the watch"))
            } catch {
                guard let trouble = MartletError.translated(error) as? MartletError else { throw error }
                return (seen, trouble)
            }
        }
    }
}
