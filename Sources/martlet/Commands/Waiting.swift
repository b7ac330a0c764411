internal import Martlet

/// How long to wait for a job.
enum WaitLimit: Equatable, Sendable {
    case forever
    case within(Duration)

    @Sendable static func option(_ text: String) throws -> WaitLimit {
        .within(try Duration.option(text))
    }
}

extension MartletClient {
    /// The job once it is final, or as it stands when the time is over.
    ///
    /// A server that goes away while one waits is given some time to come back: it may just be restarted.
    func job(_ id: String, final limit: WaitLimit) async throws -> JobSnapshot {
        let clock = ContinuousClock()
        let deadline: ContinuousClock.Instant? = if case .within(let time) = limit { clock.now + time } else { nil }
        var lastAnswer: ContinuousClock.Instant?
        while true {
            let left = deadline.map { max(.zero, $0 - clock.now) } ?? Self.longestWait
            do {
                let job = try await job(id, wait: min(left, Self.longestWait))
                lastAnswer = clock.now
                if job.state.isFinal { return job }
                if let deadline, clock.now >= deadline { return job }
            } catch let error as MartletError where error.code == .unavailable || error.code == .resourceExhausted {
                guard let answered = lastAnswer, clock.now - answered < Self.absence else { throw error }
                try await Task.sleep(for: max(error.retryAfter ?? .zero, .milliseconds(500)))
            }
        }
    }

    /// Less than the server's limit of 60 s.
    private static let longestWait = Duration.seconds(30)
    /// How long a server that has answered before may be silent, a wait that it cut short included.
    private static let absence = Duration.seconds(60)
}
