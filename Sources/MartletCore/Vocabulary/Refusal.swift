/// An expected *no*: nothing was changed.
public enum Refusal: Error, Equatable, Sendable {
    /// No such job; or, for a core that does not hold it, none in memory.
    case unknownJob(JobID)
    /// The attempt is not the job's current one: its lease ended, or it was settled before.
    case staleAttempt(AttemptID)
    /// The command does not fit the job's state, such as redriving a job that is not dead.
    case wrongState(JobID, JobState)
    /// The key stands for another request.
    case idempotencyConflict(index: Int, key: String, job: JobID)
    /// A field of a submission is over its limit or out of range. `index` is the job's place in it.
    case invalid(index: Int, field: String, message: String)
    /// The whole submission is over a limit.
    case tooLarge(message: String)
    /// A numbered submission so old that its answer is no longer known: it may or may not have happened.
    case forgottenSubmission(SubmissionStamp)
    /// Full: a bound was reached, trying again later can help.
    case exhausted(what: String, limit: Int)
}
