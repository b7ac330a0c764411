import MartletCore
import MartletLog
import MartletNode
import MartletView

// What must hold at the end of a run.
extension Simulation {
    func check() async {
        if world.isAccused { return }
        var history = History(window: world.options.node.limits.idempotencyWindow)
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
        checkLedger(history)
        await checkView(history)
        jobCount = history.jobs.count
    }

    /// What clients and workers were told is so.
    private func checkLedger(_ history: History) {
        for (id, number) in world.ledger.acknowledged {
            guard let job = history.jobs[id] else {
                world.accuse("job \(id) was acknowledged and is lost")
                continue
            }
            if history.numbers[number] != id || Ledger.number(in: job.spec.payload) != number {
                world.accuse("job \(id) was acknowledged for submission \(number) and is another")
            }
            if !job.state.isFinal { world.accuse("job \(id) is \(job.state) at the end") }
        }
        for (number, id) in history.numbers.sorted(by: { $0.key < $1.key }) where world.ledger.specs[number] == nil {
            world.accuse("job \(id) was never submitted")
        }
        for (attempt, kind) in world.ledger.accepted
        where history.jobs[attempt.job]?.attempts[attempt.token] != .some(.some(kind)) {
            let known = history.jobs[attempt.job]?.attempts[attempt.token]
            world.accuse("attempt \(attempt.token.value) was accepted as \(kind), in the log it is \(known as Any)")
        }
    }

    /// The view says what the log says.
    private func checkView(_ history: History) async {
        guard let node = world.nodes.last?.serving else { return world.accuse("no node serves at the end") }
        for (id, job) in history.jobs.sorted(by: { $0.value.spec.job.number < $1.value.spec.job.number }) {
            do throws(NodeError) {
                let record = try await node.job(id)
                if record.job.state != job.state {
                    world.accuse("job \(id) is \(job.state), shown \(record.job.state)")
                }
                if record.job.payload != job.spec.payload { world.accuse("job \(id) has another payload in the view") }
            } catch {
                world.accuse("job \(id) is in the log and not in the view: \(error)")
            }
        }
    }
}
