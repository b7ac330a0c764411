internal import GRPCCore
internal import MartletWire
internal import SwiftProtobuf

/// Follows some jobs to their ends over one stream after another.
struct Watch {
    /// One stream, once it has ended.
    private struct Stretch {
        /// The jobs that ended on it.
        var seen: Set<String> = []
        /// How long the server was there.
        var duration = Duration.zero
        /// Why the stream ended.
        var trouble: MartletError
    }

    /// Ids in lower case, as the server answers whatever the case of the question.
    private var waiting: Set<String>
    private var patience: Patience

    init(waiting: Set<String>, patience: Duration) {
        self.waiting = waiting
        self.patience = Patience(patience)
    }

    /// Returns when all of the jobs have ended. Runs on the connection's loop.
    mutating func run(over connection: Connection, _ ended: @escaping @Sendable (JobSnapshot) -> Void) async throws {
        while !waiting.isEmpty {
            let request = Martlet_V1_WaitJobsRequest.with { $0.ids = Array(waiting) }
            let stretch = try await Self.stream(request, over: connection, ended)
            waiting.subtract(stretch.seen)
            guard !waiting.isEmpty else { return }
            if !stretch.seen.isEmpty { patience.renew() }
            guard let wait = patience.wait(after: stretch.trouble, lasting: stretch.duration, at: .now) else {
                throw stretch.trouble
            }
            try await connection.pause(for: wait)
        }
    }

    private static func stream(
        _ request: Martlet_V1_WaitJobsRequest, over connection: Connection,
        _ ended: @escaping @Sendable (JobSnapshot) -> Void
    ) async throws -> Stretch {
        do {
            return try await follow(request, over: connection, ended)
        } catch {
            // No stream came about: the channel is down.
            guard let trouble = MartletError.translated(error) as? MartletError else { throw error }
            return Stretch(trouble: trouble)
        }
    }

    private static func follow(
        _ request: Martlet_V1_WaitJobsRequest, over connection: Connection,
        _ ended: @escaping @Sendable (JobSnapshot) -> Void
    ) async throws -> Stretch {
        try await connection.jobs.waitJobs(request, options: Connection.options()) { response in
            // Not since the call: to find that nobody can be reached takes its time too.
            let start = ContinuousClock.now
            var seen: Set<String> = []
            do {
                for try await job in response.messages {
                    let snapshot = try JobSnapshot(job)
                    // Whatever the server means by a job that goes on: it is not what was asked for.
                    guard snapshot.state.isFinal else { continue }
                    if seen.insert(job.id.lowercased()).inserted { ended(snapshot) }
                }
                let trouble = MartletError(.unavailable, "the server ended the watch")
                return Stretch(seen: seen, duration: ContinuousClock.now - start, trouble: trouble)
            } catch {
                guard let trouble = MartletError.translated(error) as? MartletError else { throw error }
                return Stretch(seen: seen, duration: ContinuousClock.now - start, trouble: trouble)
            }
        }
    }
}
