import MartletCore
import MartletNode
import MartletView

/// Whoever leases single attempts by plain calls, as a program with `curl` does.
@Simulated
final class SimLeaser {
    private let world: World
    /// What it asks for each time.
    nonisolated static let lease = Duration.seconds(8)
    private nonisolated static let queues = ["a", "c"]
    private nonisolated static let limit = 3

    init(_ world: World) { self.world = world }

    func run() async {
        while !world.isOver {
            let leased = await world.call(within: .seconds(20)) { node throws(NodeError) in
                try await node.lease(queues: Self.queues, limit: Self.limit, lease: Self.lease, wait: .seconds(3))
            }
            guard case .success(let deliveries) = leased else {
                await sleep(.milliseconds(300))
                continue
            }
            if deliveries.count > Self.limit { world.accuse("\(deliveries.count) attempts are leased at once") }
            for delivery in deliveries {
                let isAsked = Self.queues.contains(delivery.queue) && delivery.lease == Self.lease
                if !isAsked { world.accuse("what is leased was not asked for: \(delivery)") }
                world.ledger.deliver(delivery, to: nil)
                await work(on: delivery)
            }
        }
    }

    private func work(on delivery: Delivery) async {
        let attempt = delivery.attempt
        // At times it forgets what it took.
        guard !world.chance.happens(0.1) else { return }
        if world.chance.happens(0.3) {
            await sleep(world.chance.between(.milliseconds(1), .seconds(4)))
            _ = await world.call { node throws(NodeError) in try await node.extend(attempt, by: Self.lease) }
            await sleep(.seconds(4))
        }
        await sleep(world.chance.between(.milliseconds(1), .seconds(3)))
        let result = Ledger.bytes(attempt.token.value)
        world.ledger.intend(AttemptOutcome(attempt: attempt, ending: .completed(result: result)))
        for _ in 0..<3 {
            let done = await world.ask { node throws(NodeError) in try await node.complete(attempt, result: result) }
            switch done.answer {
            case .success, .failure(.alreadySettled):
                return world.ledger.accept(AttemptOutcome(attempt: attempt, ending: .completed(result: result)))
            case .failure(.refused): return world.ledger.refuse(world.word(of: attempt, by: done.epoch))
            case .failure(.unknownJob): return world.ledger.miss(world.word(of: attempt, by: done.epoch))
            default: continue
            }
        }
    }
}

/// Cancels, redrives and looks, at random.
@Simulated
final class SimOperator {
    private let world: World

    init(_ world: World) { self.world = world }

    func run() async {
        while world.isStormy {
            await sleep(world.chance.between(.milliseconds(50), .seconds(2)))
            guard let known = pick() else { continue }
            let job = known.id
            switch world.chance.below(5) {
            case 0: await change(job, "cancel") { node throws(NodeError) in try await node.cancel(job) }
            case 1...2:
                await change(job, "redrive") { [world] node throws(NodeError) in
                    // Its view may have lost that the job was removed, and the next node starts on a copy without damage,
                    // which on one disk nobody has. So nothing that has ended comes back.
                    let isSound = Simulated.assumeHere { world.isSound(node) }
                    guard isSound else { throw .unavailable(reason: "its disk is damaged") }
                    return try await node.redrive(job)
                }
            case 3: await look(at: known)
            default: _ = await world.call { node throws(NodeError) in try await node.queues().count }
            }
        }
    }

    private func pick() -> Ledger.Acknowledgement? {
        let known = world.ledger.acknowledged
        return known.isEmpty ? nil : known[world.chance.below(known.count)]
    }

    private func change(
        _ job: JobID, _ name: String, _ body: @escaping @Sendable (Node) async throws(NodeError) -> JobRecord
    ) async {
        let fact = name == "cancel" ? "cancelled" : "redriven"
        let asked = (time: world.elapsed, epoch: world.newest?.epoch ?? 0)
        let isFirst = name == "redrive" && world.ledger.isFirstRedrive(of: job)
        world.ledger.want(job, fact)
        let answered = await world.ask(newest: true, body)
        switch answered.answer {
        case .success(let record):
            world.tell("the operator \(name)s \(job)")
            world.ledger.steer(job, fact)
            let isDone = fact == "redriven" || record.job.state == .cancelled
            if !isDone { world.accuse("job \(job) is cancelled, and \(record.job.state)") }
        case .failure(.refused(.wrongState(_, let state))):
            world.ledger.hear(Ledger.StateWord(job: job, state: state, firstRedrive: isFirst ? asked : nil))
        case nil, .failure(.unavailable), .failure(.exhausted): break
        case .failure(.unknownJob): world.ledger.miss(job, at: world.elapsed, by: answered.epoch)
        case .failure(let error): world.accuse("\(name) of the acknowledged job \(job): \(error)")
        }
    }

    private func look(at known: Ledger.Acknowledgement) async {
        let job = known.id
        let answered = await world.ask(newest: true) { node throws(NodeError) in try await node.job(job) }
        switch answered.answer {
        case .success(let record):
            world.ledger.hear(Ledger.StateWord(job: job, state: record.job.state, firstRedrive: nil))
            let isIt = record.job.payload == known.spec.payload && record.job.kind == known.spec.kind
            if !isIt { world.accuse("who asks for job \(job) is shown another") }
        case nil, .failure(.unavailable): break
        case .failure(.unknownJob): world.ledger.miss(job, at: world.elapsed, by: answered.epoch)
        case .failure(let error): world.accuse("the acknowledged job \(job) is not found: \(error)")
        }
    }
}
