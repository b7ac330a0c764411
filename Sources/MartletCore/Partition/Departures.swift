/// The jobs that left memory while the view was being read, and how they stood when they left.
///
/// A record that was read too early must not come back into memory. What leaves is noted from the beginning
/// of a read to its end; a record that still says what the job was when it left is no older than that and
/// may come back.
struct Departures: Sendable {
    /// What changes about a job that is not running.
    struct Standing: Equatable, Sendable {
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

    private(set) var reads = 0
    private var left: [JobID: Standing] = [:]

    var count: Int { left.count }

    mutating func beginRead() { reads += 1 }

    mutating func endRead() {
        precondition(reads > 0, "a read of the view ends that never began")
        reads -= 1
        if reads == 0 { left.removeAll() }
    }

    mutating func note(_ job: Job) {
        guard reads > 0 else { return }
        left[job.subject.id] = Standing(job)
    }

    /// Whether the record is older than what is known of the job.
    func outdate(_ record: Job) -> Bool {
        guard let standing = left[record.subject.id] else { return false }
        return standing != Standing(record)
    }
}
