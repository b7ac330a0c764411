import MartletCore
import MartletNode

/// A failed attempt and what followed from it.
struct Retry {
    let failed: Event.Failed
    private let policy: RetryPolicy
    private let time: Timestamp
    private let latest: Timestamp

    /// - Parameters:
    ///   - time: the time of its entry: it was decided no earlier.
    ///   - latest: it was decided no later.
    init(_ failed: Event.Failed, _ policy: RetryPolicy, at time: Timestamp, by latest: Timestamp) {
        self.failed = failed
        self.policy = policy
        self.time = time
        self.latest = latest
    }

    private var ceiling: Duration {
        var ceiling = policy.initialBackoff
        for _ in 1..<max(1, failed.failures) { ceiling = min(ceiling * 2, policy.maxBackoff) }
        return ceiling
    }

    /// What is wrong with it, given what the worker wanted to say; nil when nothing is.
    func flaw(_ intended: AttemptOutcome?) -> String? {
        var (isFinal, least) = (false, Duration.zero)
        if failed.failure.code != "timeout", case .failed(_, let final, let after) = intended?.ending {
            (isFinal, least) = (final, after ?? .zero)
        }
        let isOver = isFinal || failed.failures >= policy.attempts
        guard let due = failed.due else { return isOver ? nil : "it is dead, and may be tried again" }
        if isOver { return "it is tried again, and should be dead" }
        let slack = Duration.microseconds(2)
        let (longest, shortest) = (due - time, due - latest)
        guard longest + slack >= least else { return "it is tried again after \(longest), and asked for \(least)" }
        return shortest <= max(least, ceiling) + slack ? nil : "it waits \(shortest), at most \(ceiling) is right"
    }

    /// The part of the longest wait that it waits; nil when chance has no part in it.
    fileprivate func share(_ intended: AttemptOutcome?) -> Double? {
        if case .failed(_, _, _?) = intended?.ending { return nil }
        return failed.due.map { ($0 - time) / ceiling }
    }

    /// So many that an even spread leaves either end empty once in a thousand million runs.
    private static let enough = 60

    /// Whether the waits are spread: full jitter fills the whole range, or retries come in waves.
    static func areSpread(_ retries: [Retry], _ intended: [AttemptID: AttemptOutcome]) -> Bool {
        let shares = retries.compactMap { retry in
            retry.share(intended[AttemptID(job: retry.failed.job.id, token: retry.failed.token)])
        }
        guard shares.count >= enough else { return true }
        return shares.contains { $0 < 0.3 } && shares.contains { $0 > 0.7 }
    }
}
