import MartletCore
import MartletLog
import MartletNode

// What must hold at the end of a run.
extension Simulation {
    func check() async {
        if world.isAccused { return }
        var history = History(limits: world.options.node.limits, calm: World.wall + world.calmSince)
        do {
            var position: UInt64 = 1
            while case let entries = try await world.truth.read(from: position, bytes: 1 << 20), !entries.isEmpty {
                for entry in entries { try history.read(entry) }
                position += UInt64(entries.count)
            }
        } catch {
            world.accuse("the log cannot be read: \(error)")
        }
        for words in history.wrong { world.accuse(words) }
        checkClients(history)
        checkWorkers(history)
        checkTime(history)
        await checkView(history)
        jobCount = history.jobs.count
    }

    /// What clients and operators were told is so.
    private func checkClients(_ history: History) {
        let window = world.options.node.limits.idempotencyWindow
        for told in world.ledger.acknowledged {
            guard let job = history.jobs[told.id] else {
                world.accuse("job \(told.id) was acknowledged and is lost")
                continue
            }
            if !job.isWhat(told.spec) { world.accuse("job \(told.id) is not what was submitted") }
            // While the disk is slow, time stands still for what waits to be written.
            let isPunctual = told.asked > World.wall + world.calmSince + .seconds(10)
            if isPunctual, told.spec.idempotencyKey != nil, job.submittedAt + window < told.asked {
                world.accuse("the key of job \(told.id) is kept too long")
            }
            if !job.state.isFinal { world.accuse("job \(told.id) is \(job.state) at the end") }
        }
        for (number, id) in history.numbers.sorted(by: { $0.key < $1.key }) where world.ledger.specs[number] == nil {
            world.accuse("job \(id) was never submitted")
        }
        for (id, fact) in world.ledger.steered where history.jobs[id]?.facts.contains(fact) != true {
            world.accuse("job \(id) was said to be \(fact), and is not")
        }
    }

    /// What workers were given and told is so.
    private func checkWorkers(_ history: History) {
        for (delivery, session) in world.ledger.deliveries {
            let (job, attempt) = (history.jobs[delivery.attempt.job], delivery.attempt)
            guard let job, let start = job.starts[attempt.token] else {
                world.accuse("attempt \(attempt.token.value) was given out and is not in the log")
                continue
            }
            let isRight =
                job.spec.payload == delivery.payload && job.spec.kind == delivery.kind
                && job.spec.job.queue == delivery.queue && start.attempt == delivery.number
                && session.map { $0 == start.session } ?? true
            if !isRight { world.accuse("attempt \(attempt.token.value) was given out as another") }
        }
        for (attempt, kind) in world.ledger.accepted {
            let known = history.jobs[attempt.job]?.endings[attempt.token]
            guard known != .some(.some(kind)) else { continue }
            world.accuse("attempt \(attempt.token.value) was accepted as \(kind), in the log it is \(known as Any)")
        }
        for attempt in world.ledger.refused {
            guard let outcome = world.ledger.intended[attempt], case .completed = outcome.ending else { continue }
            if history.jobs[attempt.job]?.endings[attempt.token] == .some(.some(Ledger.kind(of: outcome))) {
                world.accuse("attempt \(attempt.token.value) was refused as late, and it counted")
            }
        }
    }

    /// Nothing ends before its time, nor long after it.
    private func checkTime(_ history: History) {
        for retry in history.failures {
            let attempt = AttemptID(job: retry.failed.job.id, token: retry.failed.token)
            guard let flaw = retry.flaw(world.ledger.intended[attempt]) else { continue }
            world.accuse("job number \(retry.failed.job.number) failed: \(flaw)")
        }
        if !Retry.areSpread(history.failures, world.ledger.intended) { world.accuse("retries are not spread") }
        for silence in history.silences {
            let flaw = world.hearing.flaw(silence, grace: world.options.node.sessionGrace, calm: world.calmSince)
            if let flaw { world.accuse("session \(silence.session) \(flaw)") }
        }
    }
}
