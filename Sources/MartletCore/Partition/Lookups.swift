/// The jobs whose records are read by name, and how they stood when they left memory meanwhile.
///
/// A record that was read too early must not come back into memory; one that still says what the job was when it left
/// is no older than that and may. Each read watches the one job that it is for. So what is remembered follows the reads
/// that are open and not what happens while they are, however long they take and however they overlap.
struct Lookups: Sendable {
    /// What changes about a job that is not running.
    private struct Standing: Equatable, Sendable {
        var state: JobState
        var due: Timestamp?
        var attempt: Int
        var failures: Int
        var losses: Int

        init(_ job: Job) {
            state = job.state
            due = job.state == .scheduled || job.state == .retrying ? job.due : nil
            attempt = job.attempt
            failures = job.failures
            losses = job.losses
        }
    }

    private struct Watch: Sendable {
        var reads = 0
        /// Nil while the job has not left memory since the first of the reads began.
        var left: Standing?
    }

    private var watched: [JobID: Watch] = [:]

    /// How many jobs are watched.
    var count: Int { watched.count }

    mutating func begin(_ id: JobID) { watched[id, default: Watch()].reads += 1 }

    mutating func end(_ id: JobID) {
        var watch = expected(watched.removeValue(forKey: id), "a read of job \(id) ends that never began")
        watch.reads -= 1
        if watch.reads > 0 { watched[id] = watch }
    }

    /// The job leaves memory.
    mutating func note(_ job: Job) {
        guard watched[job.subject.id] != nil else { return }
        watched[job.subject.id]?.left = Standing(job)
    }

    /// Whether the record is older than what is known of the job.
    func outdate(_ record: Job) -> Bool {
        guard let left = watched[record.subject.id]?.left else { return false }
        return left != Standing(record)
    }
}
