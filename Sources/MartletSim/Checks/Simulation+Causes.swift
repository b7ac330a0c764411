import MartletCore
import MartletNode

// Whatever only clients, operators and workers bring about is in the log because one of them wanted it.
extension Simulation {
    func checkCauses(_ history: History) {
        // Whoever was given an attempt ends it, or is silent. Of what never reached anyone a node disposes.
        let given = Set(world.ledger.deliveries.map(\.delivery.attempt.token))
        for (id, job) in history.jobs.sorted(by: { $0.value.spec.job.number < $1.value.spec.job.number }) {
            if !isSubmitted(job) { world.accuse("job \(id) was never submitted") }
            for fact in ["cancelled", "redriven"] where job.facts.contains(fact) {
                if world.ledger.wanted[id]?.contains(fact) != true { world.accuse("nobody wanted job \(id) \(fact)") }
            }
            for (token, ending) in job.endings.sorted(by: { $0.key < $1.key }) {
                guard let ending, ending != .timedOut else { continue }
                let wanted = world.ledger.intended[AttemptID(job: id, token: token)].map(Ledger.ending)
                if wanted == ending || ending == .released && !given.contains(token) { continue }
                world.accuse("attempt \(token.value) is \(ending), its worker said \(wanted as Any)")
            }
        }
    }

    private func isSubmitted(_ job: JobAccount) -> Bool {
        if let number = Ledger.number(in: job.spec.payload) {
            return world.ledger.specs[number].map { job.isWhat($0) } ?? false
        }
        return job.spec.idempotency.map { world.ledger.isAsked($0.key, for: job) } ?? false
    }
}
