public import MartletCore

/// Why the node did not do what it was asked.
public enum NodeError: Error, Equatable, Sendable {
    /// An expected *no*: nothing was changed.
    case refused(Refusal)
    /// A bound was reached; trying again after `retryAfter` can help. Nothing was changed.
    case exhausted(what: String, limit: String, retryAfter: Duration)
    /// The node does not lead now, is going down, or its log does not answer. A command that had been decided may
    /// or may not have become durable: only a numbered or keyed submission can be repeated safely.
    case unavailable(reason: String)
    /// No job of that id is known or kept.
    case unknownJob(JobID)
    /// The attempt had been settled with this very token before: a repeated report.
    case alreadySettled(AttemptID)
    /// The worker's session is not known, or another connection took it over.
    case unknownSession(SessionID)
    /// An argument outside a job's spec is out of range: names the field and the limit.
    case invalid(field: String, message: String)
}
