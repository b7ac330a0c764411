import MartletCore
import MartletLog
import MartletNode
import MartletView

// The view says what the log says.
extension Simulation {
    func checkView(_ history: History) async {
        guard let node = world.newest?.serving else { return world.accuse("no node serves at the end") }
        let jobs = history.jobs.values.sorted { $0.spec.job.number < $1.spec.job.number }
        do throws(NodeError) {
            for job in jobs {
                do throws(NodeError) {
                    try await checkJob(job, node)
                } catch .unknownJob where isRetired(job.spec.job.id, by: world.elapsed, world.newest?.epoch, history) {
                    continue
                }
            }
            try await checkLists(of: jobs, node, history)
        } catch {
            world.accuse("what is in the log cannot be read in the view: \(error)")
        }
    }

    /// What is kept for long enough is gone once the house was kept twice.
    func checkRetention() async {
        await sleep(world.options.node.retention + .seconds(1250))
        guard let node = world.newest?.serving else { return world.accuse("no node serves at the end") }
        do throws(NodeError) {
            let rest = try await list(node)
            if !rest.isEmpty { world.accuse("\(rest.count) jobs are kept for too long") }
            checkCounts(of: [], try await node.queues().map { $0.record })
        } catch {
            world.accuse("the view cannot be read: \(error)")
        }
    }

    /// What the log need not keep is gone by then, too, but for the little that was written since.
    func checkForgetting() async {
        do throws(LogError) {
            let excess = try await world.truth.excess(over: world.options.node.logBytes + 4096)
            if let excess { world.accuse("the log has not forgotten what it could, up to position \(excess)") }
        } catch {
            world.accuse("the log cannot be read: \(error)")
        }
    }

    private func checkJob(_ job: JobAccount, _ node: Node) async throws(NodeError) {
        let id = job.spec.job.id
        if let flaw = job.flaw(of: try await node.job(id)) { world.accuse("job \(id): the view has \(flaw)") }
        let facts = try await node.history(of: id).map(\.event)
        // Long histories lose their middle.
        if facts.count < 150, facts != job.facts { world.accuse("job \(id): the view has another history") }
    }

    /// The list shows what is kept and the counts count what is listed. What is retired meanwhile is looked at once more.
    private func checkLists(of jobs: [JobAccount], _ node: Node, _ history: History) async throws(NodeError) {
        var (listed, records) = (try await list(node), try await node.queues().map { $0.record })
        while case let again = try await list(node), again != listed {
            (listed, records) = (again, try await node.queues().map { $0.record })
        }
        let names = Set(listed)
        let kept = jobs.filter { job in
            let id = job.spec.job.id
            return names.contains(id) || !isRetired(id, by: world.elapsed, world.newest?.epoch, history)
        }
        if listed != kept.reversed().map(\.spec.job.id) { world.accuse("the list shows other jobs than there are") }
        checkCounts(of: kept, records)
    }

    private func list(_ node: Node) async throws(NodeError) -> [JobID] {
        var (listed, after) = ([JobID](), UInt64?.none)
        repeat {
            let page = try await node.jobs(JobQuery(limit: 37, after: after))
            listed += page.jobs.map(\.job.subject.id)
            after = page.next
        } while after != nil
        return listed
    }

    private func checkCounts(of jobs: [JobAccount], _ records: [QueueRecord]) {
        // What is missing is as wrong as what is too much.
        let names = Set(records.map { $0.name }).union(jobs.map { $0.spec.job.queue }).sorted()
        for name in names {
            let shown = records.filter { $0.name == name }
            guard let record = shown.first, shown.count == 1 else {
                world.accuse("queue \(name) is shown \(shown.count) times")
                continue
            }
            for state in JobState.allCases {
                let real = jobs.count { $0.spec.job.queue == name && $0.state == state }
                guard record.counts[state] != real else { continue }
                let count = record.counts[state].map { "\($0)" } ?? "nothing for"
                world.accuse("queue \(name) shows \(count) \(state), there are \(real)")
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
        spec.payload == submitted.payload && spec.kind == submitted.kind && spec.priority == submitted.priority
            && spec.job.queue == submitted.queue && spec.retry == submitted.retry && spec.timeout == submitted.timeout
            && spec.idempotency?.key == submitted.idempotencyKey && startsAsAsked(submitted)
    }

    /// A delay counts from when it was asked for.
    private func startsAsAsked(_ submitted: JobSpec) -> Bool {
        guard case .after(let delay) = submitted.start else { return spec.due == nil }
        guard let due = spec.due else { return false }
        return due >= submittedAt + delay && due <= submittedBy + delay
    }
}
