import MartletCore
import MartletLog
import MartletNode

// What must hold at the end of a run.
extension Simulation {
    func check() async {
        if world.isAccused { return }
        // What was under way when the faults ended may take a little longer, and what followed from the last of them.
        let quiet = max(world.calmSince + .seconds(10), world.hearing.aftermath)
        var history = History(limits: world.options.node.limits, hearing: world.hearing, quiet: quiet)
        do {
            for entry in world.written { try history.read(entry) }
        } catch {
            world.accuse("the log cannot be read: \(error)")
        }
        for words in history.wrong { world.accuse(words) }
        checkClients(history)
        checkOperators(history)
        checkCauses(history)
        checkWorkers(history)
        checkRefusals(history)
        checkTime(history)
        jobCount = history.jobs.count
        await checkView(history)
        guard world.options.node.retention < .seconds(60) else { return }
        await checkRetention()
        await checkForgetting()
    }

    /// What clients were told is so.
    private func checkClients(_ history: History) {
        let window = world.options.node.limits.idempotencyWindow
        for told in world.ledger.acknowledged {
            guard let job = history.jobs[told.id] else {
                world.accuse("job \(told.id) was acknowledged and is lost")
                continue
            }
            if !job.isWhat(told.spec) { world.accuse("job \(told.id) is not what was submitted") }
            // While the disk is slow, time stands still for what waits to be written.
            let isPunctual = told.asked > world.calmSince + .seconds(10)
            let asked = world.hearing.time(at: told.asked, in: told.epoch)
            if isPunctual, told.spec.idempotencyKey != nil, job.submittedAt + window < asked {
                world.accuse("the key of job \(told.id) is kept too long")
            }
            if !job.state.isFinal { world.accuse("job \(told.id) is \(job.state) at the end") }
        }
        // One that is not in the log may have had the key until its leader ended.
        for (spec, id) in world.ledger.conflicts {
            guard let job = history.jobs[id] else { continue }
            guard job.spec.idempotency?.key != spec.idempotencyKey || job.isWhat(spec) else { continue }
            world.accuse("a request was refused because of job \(id), which has not its key or is what it asked for")
        }
    }

    /// What operators were told is so.
    private func checkOperators(_ history: History) {
        for (id, fact) in world.ledger.steered where history.jobs[id]?.facts.contains(fact) != true {
            world.accuse("job \(id) was said to be \(fact), and is not")
        }
        for told in world.ledger.absent where !isRetired(told.job, by: told.time, told.epoch, history) {
            world.accuse("the acknowledged job \(told.job) was not found")
        }
        for told in world.ledger.states {
            guard let job = history.jobs[told.job] else { continue }
            guard let words = flaw(of: told, job, dead: history.deaths[told.job]) else { continue }
            world.accuse("job \(told.job) was said to be \(told.state), and \(words)")
        }
    }

    /// Whether the job ended so long before that it need not be kept.
    func isRetired(_ job: JobID, by time: Duration, _ epoch: UInt64?, _ history: History) -> Bool {
        guard let epoch else { return false }
        let told = world.hearing.time(at: time, in: epoch)
        guard let ended = history.jobs[job]?.ends.last(where: { $0 <= told }) else { return false }
        // Another node may have had it still, and redriven it since; who redrove it itself must know it.
        let isBack = history.redrives[job]?.contains { $0.time >= ended && $0.time <= told && $0.epoch <= epoch }
        return isBack != true && ended + world.options.node.retention <= told
    }

    /// What is certainly wrong with saying that the job is in that state; nil when nothing is.
    ///
    /// Only what is durable is said to be final, and only a redrive changes a job that is dead. Of all other states too
    /// little is known: a leader may have ended before it could write what it knew.
    private func flaw(of told: Ledger.StateWord, _ job: JobAccount, dead: Place?) -> String? {
        let isForEver = told.state == .succeeded || told.state == .cancelled
        if isForEver, job.state != told.state { return "is \(job.state)" }
        if told.state == .dead, dead == nil { return "never was" }
        guard let asked = told.firstRedrive, let dead, dead.epoch <= asked.epoch else { return nil }
        return world.hearing.isDurable(dead.position, before: asked.time) ? "was dead, to be redriven" : nil
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
        for (attempt, ending) in world.ledger.accepted {
            let known = history.jobs[attempt.job]?.endings[attempt.token]
            guard known != .some(.some(ending)) else { continue }
            world.accuse("attempt \(attempt.token.value) was accepted as \(ending), in the log it is \(known as Any)")
        }
    }

    /// Workers were refused only what had to be. Of a failure or a release that is repeated once the job was taken again
    /// nobody can tell that it counted. What a leader does not know that was replaced before the attempt began
    /// it may refuse.
    private func checkRefusals(_ history: History) {
        for word in world.ledger.refused where history.isKnown(word.attempt.token, in: word.epoch) {
            let attempt = word.attempt
            guard let outcome = world.ledger.intended[attempt], case .completed = outcome.ending else { continue }
            if history.jobs[attempt.job]?.endings[attempt.token] == .some(.some(Ledger.ending(of: outcome))) {
                world.accuse("attempt \(attempt.token.value) was refused as late, and it counted")
            }
        }
        for word in world.ledger.missed where history.isKnown(word.attempt.token, in: word.epoch) {
            if isRetired(word.attempt.job, by: word.time, word.epoch, history) { continue }
            world.accuse("attempt \(word.attempt.token.value) was said to be of no known job")
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
