import MartletCore

/// The dumb twin of the partition: arrays of everything, nothing cold, nothing clever. It also stands in for
/// the view, since it keeps each job to its end and after.
struct Twin {
    let limits: Limits
    var jobs: [Job] = []
    var keys: [RememberedKey] = []
    /// The one used last at the end.
    var clients: [RememberedClient] = []
    var nextNumber: UInt64 = 1
    var nextToken: UInt64 = 1

    func job(_ id: JobID) -> Job? { jobs.first { $0.subject.id == id } }

    /// The waiting jobs of a lane, in its order.
    func waiting(in lane: LaneName) -> [(key: LaneKey, job: Job)] {
        let found: [(key: LaneKey, job: Job)]
        switch lane {
        case .queue(let name):
            found = jobs.filter { $0.state == .queued && $0.subject.queue == name }.map {
                (LaneKey(rank: 9 - UInt64($0.priority), number: $0.subject.number), $0)
            }
        case .timers:
            found = jobs.compactMap { job in
                guard job.state == .scheduled || job.state == .retrying, let due = job.due else { return nil }
                return (LaneKey(rank: UInt64(due.microseconds), number: job.subject.number), job)
            }
        }
        return found.sorted { $0.key < $1.key }
    }

    func running(in session: SessionID? = nil) -> [Job] {
        jobs.filter { $0.state == .running && (session == nil || $0.lease?.session == session) }
            .sorted { ($0.lease?.token.value ?? 0) < ($1.lease?.token.value ?? 0) }
    }

    var counts: [(queue: String, counts: LaneCounts)] {
        Set(jobs.filter { !$0.state.isFinal }.map(\.subject.queue)).sorted().map { name in
            func count(_ state: JobState) -> Int { jobs.count { $0.subject.queue == name && $0.state == state } }
            return (
                name,
                LaneCounts(
                    scheduled: count(.scheduled), queued: count(.queued), running: count(.running),
                    retrying: count(.retrying))
            )
        }
    }

    mutating func apply(_ event: Event, at time: Timestamp) {
        switch event {
        case .leaderStarted: break
        case .numbered(let numbered): remember(numbered, at: time)
        case .submitted(let submitted): add(submitted, at: time)
        case .queued(let subject, _):
            change(subject) {
                $0.state = .queued
                $0.due = nil
            }
        case .started(let started):
            nextToken = max(nextToken, started.lease.token.value + 1)
            change(started.job) {
                $0.state = .running
                $0.attempt = started.attempt
                $0.lease = started.lease
            }
        case .extended(let subject, _, let until): change(subject) { $0.lease?.until = until }
        case .completed(let completed): end(completed.job, as: .succeeded)
        case .failed(let failed):
            end(failed.job, as: failed.due == nil ? .dead : .retrying)
            change(failed.job) {
                $0.failures = failed.failures
                $0.due = failed.due
            }
        case .lost(let lost):
            end(lost.job, as: lost.isQuarantined ? .dead : .queued)
            change(lost.job) { $0.losses = lost.losses }
        case .released(let subject, let attempt, _):
            end(subject, as: .queued)
            change(subject) { $0.attempt = attempt - 1 }
        case .cancelled(let subject, _): end(subject, as: .cancelled)
        case .redriven(let subject):
            change(subject) {
                $0.state = .queued
                $0.failures = 0
                $0.losses = 0
            }
        }
    }

    private mutating func change(_ subject: Subject, _ change: (inout Job) -> Void) {
        guard let index = jobs.firstIndex(where: { $0.subject == subject }) else { return }
        change(&jobs[index])
    }

    private mutating func end(_ subject: Subject, as state: JobState) {
        change(subject) {
            $0.state = state
            $0.lease = nil
            $0.due = nil
        }
    }

    private mutating func remember(_ numbered: Event.Numbered, at time: Timestamp) {
        var client = RememberedClient(client: numbered.stamp.client, lastUsed: time, submissions: [])
        if let index = clients.firstIndex(where: { $0.client == client.client }) {
            client = clients.remove(at: index)
        } else if clients.count == limits.clients {
            clients.removeFirst()
        }
        client.lastUsed = time
        client.submissions.append(
            RememberedSubmission(
                sequence: numbered.stamp.sequence, time: time, seed: numbered.seed, count: numbered.count))
        client.submissions.sort { $0.sequence < $1.sequence }
        client.submissions = Array(client.submissions.suffix(limits.submissionsInFlight))
        clients.append(client)
    }

    private mutating func add(_ submitted: Event.Submitted, at time: Timestamp) {
        nextNumber = submitted.job.number + 1
        jobs.append(
            Job(
                subject: submitted.job, kind: submitted.kind, payload: submitted.payload,
                priority: submitted.priority, timeout: submitted.timeout, retry: submitted.retry,
                traceparent: submitted.traceparent, submittedAt: time,
                state: submitted.due == nil ? .queued : .scheduled, due: submitted.due))
        guard let idempotency = submitted.idempotency else { return }
        keys.append(
            RememberedKey(
                idempotency: idempotency, job: submitted.job.id, expires: time + limits.idempotencyWindow))
    }
}
