import MartletCore
import MartletNode
import MartletView

// The view says what the log says.
extension Simulation {
    func checkView(_ history: History) async {
        guard let node = world.newest?.serving else { return world.accuse("no node serves at the end") }
        let jobs = history.jobs.values.sorted { $0.spec.job.number < $1.spec.job.number }
        do throws(NodeError) {
            for job in jobs {
                let id = job.spec.job.id
                if let flaw = job.flaw(of: try await node.job(id)) { world.accuse("job \(id): the view has \(flaw)") }
                let facts = try await node.history(of: id).map(\.event)
                // Long histories lose their middle.
                if facts.count < 150, facts != job.facts { world.accuse("job \(id): the view has another history") }
            }
            try await checkList(of: jobs, node)
            try await checkCounts(of: jobs, node)
        } catch {
            world.accuse("what is in the log cannot be read in the view: \(error)")
        }
    }

    private func checkList(of jobs: [JobAccount], _ node: Node) async throws(NodeError) {
        var (listed, after) = ([JobID](), UInt64?.none)
        repeat {
            let page = try await node.jobs(JobQuery(limit: 37, after: after))
            listed += page.jobs.map(\.job.subject.id)
            after = page.next
        } while after != nil
        if listed != jobs.reversed().map(\.spec.job.id) { world.accuse("the list shows other jobs than there are") }
    }

    private func checkCounts(of jobs: [JobAccount], _ node: Node) async throws(NodeError) {
        for (record, _) in try await node.queues() {
            for (state, count) in record.counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                let real = jobs.count { $0.spec.job.queue == record.name && $0.state == state }
                if count != real { world.accuse("queue \(record.name) shows \(count) \(state), there are \(real)") }
            }
        }
    }
}

extension JobAccount {
    /// What the record says wrongly; nil when it is right.
    fileprivate func flaw(of record: JobRecord) -> String? {
        let job = record.job
        let isSame: [(String, Bool)] = [
            ("state", job.state == state), ("attempt", job.attempt == attempt), ("failures", job.failures == failures),
            ("losses", job.losses == losses), ("due time", job.due == due), ("lease", job.lease == lease),
            ("result", record.result == result), ("failure", record.failure?.code == failure),
            ("token", record.lastToken == lastToken), ("start", record.startedAt == startedAt),
            ("end", record.finishedAt == finishedAt), ("submission", job.submittedAt == submittedAt),
            ("payload", job.payload == spec.payload), ("kind", job.kind == spec.kind),
            ("priority", job.priority == spec.priority), ("retry policy", job.retry == spec.retry),
            ("timeout", job.timeout == spec.timeout), ("key", record.idempotencyKey == spec.idempotency?.key),
        ]
        return isSame.first { !$0.1 }.map { "a wrong \($0.0)" }
    }

    /// Whether it is the job that was submitted.
    func isWhat(_ submitted: JobSpec) -> Bool {
        let start: Timestamp? = if case .after(let delay) = submitted.start { submittedAt + delay } else { nil }
        return spec.payload == submitted.payload && spec.kind == submitted.kind && spec.priority == submitted.priority
            && spec.job.queue == submitted.queue && spec.retry == submitted.retry && spec.timeout == submitted.timeout
            && spec.idempotency?.key == submitted.idempotencyKey && spec.due == start
    }
}
