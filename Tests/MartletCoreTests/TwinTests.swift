import MartletCore
import Testing

@Suite("The partition and its dumb twin")
struct TwinTests {
    private var tiny: Limits {
        var limits = Limits()
        limits.hotJobsPerLane = 4
        limits.hotBytesPerLane = 100
        limits.hotJobs = 9
        limits.running = 12
        limits.hotKeys = 3
        limits.clients = 2
        limits.submissionsInFlight = 3
        limits.losses = 3
        limits.idempotencyWindow = .seconds(60)
        return limits
    }

    @Test("They decide the same with most jobs cold, and every job comes to its end", arguments: 1...30)
    func sameDecisions(seed: UInt64) {
        var simulation = Simulation(seed: seed, limits: tiny)
        for _ in 0..<400 { simulation.step() }
        simulation.drain()
    }

    @Test("A random life sees pages, records that are read, cold keys and restarts")
    func lifeIsRich() {
        var seen: [String: Int] = [:]
        for seed: UInt64 in 100..<120 {
            var simulation = Simulation(seed: seed, limits: tiny)
            for _ in 0..<400 { simulation.step() }
            seen.merge(simulation.seen, uniquingKeysWith: +)
        }
        let wanted = [
            "submit", "start", "complete", "fail", "release", "extend", "lose", "cancel", "redrive", "tick", "page",
            "fresh page", "late page",
            "admitted", "alreadyHot", "departed", "cold key", "restart",
        ]
        for thing in wanted { #expect(seen[thing, default: 0] > 0, "\(thing): \(seen)") }
    }

    @Test("Replaying the events gives a partition that decides the same", arguments: 200...205)
    func replayDecidesTheSame(seed: UInt64) throws {
        var limits = Limits()
        limits.hotKeys = 1000
        var simulation = Simulation(seed: seed, limits: limits)
        for _ in 0..<300 where simulation.draws.state != 0 { simulation.step() }
        guard simulation.seen["restart"] == nil else { return }
        var replayed = Partition(limits: limits)
        var view = Twin(limits: limits)
        for (event, time) in simulation.history {
            // A dead job is in memory only if it was read to be redriven.
            if case .redriven(let subject) = event, let dead = view.job(subject.id) {
                #expect(replayed.admit(dead) != .departed)
            }
            replayed.apply(event, at: time)
            view.apply(event, at: time)
        }
        #expect(replayed.checkInvariants() == [])
        let later = simulation.now + .seconds(5)
        var commands: [Command] = [.tick(seed: 3, limit: 100), .lose(.first, except: [])]
        commands += simulation.queues.map { .start(Command.Start(queue: $0, session: .second, limit: 50, lease: nil)) }
        commands += simulation.submissions.map { .submit($0) }
        commands += simulation.twin.jobs.filter { !$0.state.isFinal }.map { .cancel($0.subject.id) }
        for command in commands {
            var (live, again): ([Event], [Event]) = ([], [])
            let liveAnswer = Result { try simulation.partition.decide(command, at: later, into: &live) }
            let answer = Result { try replayed.decide(command, at: later, into: &again) }
            #expect(live == again)
            #expect("\(liveAnswer)" == "\(answer)")
        }
        #expect(replayed.nextDue == simulation.partition.nextDue)
    }
}
