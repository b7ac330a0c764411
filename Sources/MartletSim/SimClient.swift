import MartletCore
import MartletNode

/// Submits, several submissions at a time, and repeats each until it knows what became of it.
@Simulated
final class SimClient {
    private let world: World
    private let name: String
    private let id: ClientID
    private var sequence: UInt64 = 0
    private var inFlight = 0
    private var keys: [String: JobID] = [:]

    init(_ world: World, name: String) {
        self.world = world
        self.name = name
        id = ClientID(high: world.chance.next(), low: world.chance.next())
    }

    func run() async {
        while world.isStormy {
            await sleep(world.chance.between(.milliseconds(5), .milliseconds(800)))
            guard inFlight < world.options.node.limits.submissionsInFlight / 2 else { continue }
            inFlight += 1
            world.chance.happens(0.2) ? spawn { await self.submitKeyed() } : spawn { await self.submitNumbered() }
        }
    }

    private func submitNumbered() async {
        var specs = (0...world.chance.below(world.chance.happens(0.1) ? 60 : 6)).map { _ in draw() }
        let numbers = specs.indices.map { world.ledger.number(&specs[$0]) }
        sequence += 1
        let stamp = SubmissionStamp(client: id, sequence: sequence)
        let ids = await submit(specs, stamp)
        if let ids {
            world.tell("\(name) submitted \(numbers.count) as \(sequence)")
            world.ledger.acknowledge(ids, numbers)
            if ids.count != numbers.count { world.accuse("\(ids.count) ids for \(numbers.count) jobs") }
        }
        inFlight -= 1
    }

    /// One job with a key, without a number: the key alone makes the repetition safe.
    private func submitKeyed() async {
        let key = "\(name.split(separator: " ").joined(separator: "-")).\(world.chance.below(12))"
        var spec = JobSpec(kind: "keyed", queue: "a", idempotencyKey: key)
        spec.payload = Array(key.utf8)
        if let ids = await submit([spec], nil), let job = ids.first {
            if let known = keys[key], known != job { world.accuse("key \(key) stands for \(known) and for \(job)") }
            keys[key] = job
        }
        inFlight -= 1
    }

    /// Nil: it will never be known, or the run is over.
    private func submit(_ specs: [JobSpec], _ stamp: SubmissionStamp?) async -> [JobID]? {
        while !world.isOver {
            switch await world.call({ node throws(NodeError) in try await node.submit(specs, stamp: stamp) }) {
            case .success(let ids): return ids
            case .failure(.refused(.forgottenSubmission)):
                world.tell("\(name) is forgotten")
                return nil
            case nil, .failure(.unavailable), .failure(.exhausted):
                await sleep(world.chance.between(.milliseconds(10), .seconds(1)))
            case .failure(let error):
                world.accuse("\(name) is refused: \(error)")
                return nil
            }
        }
        return nil
    }

    private func draw() -> JobSpec {
        JobSpec(
            kind: world.chance.happens(0.1) ? "poison" : "plain", queue: ["a", "b", "c"][world.chance.below(3)],
            priority: world.chance.happens(0.3) ? UInt8(world.chance.below(10)) : 5,
            start: world.chance.happens(0.2)
                ? .after(world.chance.between(.milliseconds(1), .seconds(40))) : .now,
            timeout: world.chance.happens(0.2) ? world.chance.between(.milliseconds(500), .seconds(20)) : nil,
            retry: RetryPolicy(
                attempts: 1 + world.chance.below(4), initialBackoff: .milliseconds(100), maxBackoff: .seconds(10)))
    }
}
