import MartletCore
import MartletNode

/// Submits, several submissions at a time, and repeats each until it knows what became of it.
@Simulated
final class SimClient {
    private let world: World
    let name: String
    private let id: ClientID
    private var sequence: UInt64 = 0
    private var inFlight = 0

    init(_ world: World, name: String) {
        self.world = world
        self.name = name
        id = ClientID(high: world.chance.next(), low: world.chance.next())
    }

    /// Whether some submission of it has no answer.
    var isWaiting: Bool { inFlight > 0 }

    func run() async {
        while world.isBusy {
            await sleep(world.chance.between(.milliseconds(5), .milliseconds(800)))
            guard inFlight < world.options.node.limits.submissionsInFlight / 2 else { continue }
            inFlight += 1
            world.chance.happens(0.2) ? spawn { await self.submitKeyed() } : spawn { await self.submitNumbered() }
        }
    }

    private func submitNumbered() async {
        var specs = (0...world.chance.below(world.chance.happens(0.1) ? 60 : 6)).map { _ in draw() }
        for index in specs.indices { world.ledger.number(&specs[index]) }
        sequence += 1
        let stamp = SubmissionStamp(client: id, sequence: sequence)
        if await submit(specs, stamp) { world.tell("\(name) submitted \(specs.count) as \(stamp.sequence)") }
        inFlight -= 1
    }

    /// One job with a key, without a number: the key alone makes the repetition safe.
    private func submitKeyed() async {
        let key = "\(name.split(separator: " ").joined(separator: "-")).\(world.chance.below(12))"
        var spec = JobSpec(kind: "keyed", queue: "a", idempotencyKey: key)
        // At times another request than the one that has the key.
        spec.payload = Array("\(key)\(world.chance.happens(0.1) ? "'" : "")".utf8)
        world.ledger.ask(spec, by: key)
        _ = await submit([spec], nil)
        inFlight -= 1
    }

    /// False: it was refused, it will never be known, or the run is over.
    private func submit(_ specs: [JobSpec], _ stamp: SubmissionStamp?) async -> Bool {
        let begin = world.elapsed
        while !world.isOver {
            let asked = world.elapsed
            let (answer, epoch) = await world.ask { node throws(NodeError) in
                try await node.submit(specs, stamp: stamp)
            }
            switch answer {
            case .success(let ids):
                world.ledger.acknowledge(ids, specs, asked: asked, by: epoch ?? 0)
                if ids.count != specs.count { world.accuse("\(ids.count) ids for \(specs.count) jobs") }
                return true
            case .failure(.refused(.forgottenSubmission(let stamp))) where isLongAgo(stamp):
                world.tell("\(name) is forgotten")
                return false
            case .failure(.refused(.idempotencyConflict(_, let key, let job))):
                world.tell("\(key) stands for another request, job \(job)")
                judge(job, key, specs)
                return false
            case .failure(.exhausted("disk space", _, _)) where world.disk.isLongFree:
                world.accuse("\(name) is refused for want of room, and there is room")
                return false
            case nil, .failure(.unavailable), .failure(.exhausted):
                if world.isOverdue(since: begin) {
                    world.accuse("\(name) has no answer, and all is well: \(answer.map { "\($0)" } ?? "nothing came")")
                    return false
                }
                await sleep(world.chance.between(.milliseconds(10), .seconds(1)))
            case .failure(let error):
                world.accuse("\(name) is refused: \(error)")
                return false
            }
        }
        return false
    }

    /// A conflict is right only if something else was asked for by the key before; the log tells whether it is what has
    /// the key.
    private func judge(_ job: JobID, _ key: String, _ specs: [JobSpec]) {
        let spec = specs.first { $0.idempotencyKey == key }
        guard let spec, world.ledger.isContested(key, by: spec) else {
            return world.accuse("\(name) is refused because of \(key), by which nothing else was asked for")
        }
        world.ledger.conflict(spec, with: job)
    }

    /// So many were submitted since that this one may be forgotten.
    private func isLongAgo(_ stamp: SubmissionStamp) -> Bool {
        stamp.sequence + UInt64(world.options.node.limits.submissionsInFlight) <= sequence
    }

    private func draw() -> JobSpec {
        JobSpec(
            kind: world.chance.happens(0.1) ? "poison" : "plain", queue: ["a", "b", "c"][world.chance.below(3)],
            priority: world.chance.happens(0.3) ? UInt8(world.chance.below(10)) : 5,
            start: world.chance.happens(0.2)
                ? .after(.milliseconds(1 + world.chance.below(40_000))) : .now,
            timeout: world.chance.happens(0.2) ? .milliseconds(500 + world.chance.below(20_000)) : nil,
            retry: RetryPolicy(
                attempts: 1 + world.chance.below(4), initialBackoff: .milliseconds(100), maxBackoff: .seconds(10)))
    }
}
