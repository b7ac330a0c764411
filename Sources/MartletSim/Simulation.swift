package import Foundation
import MartletCore
import MartletLog
package import MartletNode
import MartletView
import NIOCore
import NIOEmbedded

/// What a run is made of.
package struct SimulationOptions: Sendable {
    package var seed: UInt64
    /// How long faults happen, in virtual time.
    package var storm: Duration
    /// Whether the story is kept, or only its digest.
    package var isTold: Bool
    /// How long a view waits for company before it writes.
    package var viewLag: Duration
    package var node: NodeConfiguration

    package init(seed: UInt64, storm: Duration = .seconds(120), isTold: Bool = false) {
        self.seed = seed
        self.storm = storm
        self.isTold = isTold
        node = NodeConfiguration()
        // Each seed has limits of its own, most of them so small that jobs turn cold, keys are forgotten and windows end.
        var chance = Chance(seed: ~seed)
        node.limits.hotJobsPerLane = chance.pick([4, 16, 64])
        node.limits.hotJobs = chance.pick([16, 64, 256])
        node.limits.hotKeys = chance.pick([4, 8, 64])
        node.limits.losses = chance.pick([1, 2, 5])
        node.limits.timerLead = chance.pick([.milliseconds(100), .seconds(2)])
        node.limits.idempotencyWindow = chance.pick([.seconds(10), .seconds(30), .seconds(600)])
        viewLag = chance.pick([.milliseconds(50), .milliseconds(500)])
        node.pendingBytes = chance.pick([4 << 10, 64 << 20])
        (node.heartbeatInterval, node.sessionGrace) = chance.pick([
            (.seconds(1), .seconds(4)), (.seconds(5), .seconds(15)),
        ])
    }
}

/// What a run showed.
package struct SimulationReport: Sendable {
    package var violations: [String]
    /// The same for the same seed, whatever the machine: of the story and of the whole log.
    package var trace: String
    package var story: [String]
    package var simulated: Duration
    package var entries: UInt64
    package var jobs: Int
}

/// One life of the whole system, from one seed.
@Simulated
package final class Simulation {
    let world: World
    private let folder: URL
    var jobCount = 0

    /// A folder for a run's views: in memory where the system has such a place, since a run writes much and keeps
    /// nothing.
    package nonisolated static func newFolder() -> URL {
        let memory = "/dev/shm"
        let isThere = FileManager.default.isWritableFile(atPath: memory)
        let parent = isThere ? URL(filePath: memory) : FileManager.default.temporaryDirectory
        return parent.appending(path: "martlet-sim-\(UUID().uuidString)")
    }

    /// - Parameter folder: where the views stand; it is made, and removed at the end.
    package init(_ options: SimulationOptions, folder: URL) {
        world = World(options)
        self.folder = folder
    }

    /// Runs one seed on the calling thread, which must be the same for all runs of a process.
    package nonisolated static func run(_ options: SimulationOptions, folder: URL) throws -> SimulationReport {
        let outcome = Outcome()
        _ = Task(executorPreference: Simulated.executor) { await outcome.fill(options, folder) }
        let loop = Simulated.loop
        while true {
            loop.advanceTime(by: .seconds(1))
            guard let result = Simulated.shared.assumeIsolated({ _ in outcome.result }) else { continue }
            // Whatever timers are left find that it is over.
            loop.advanceTime(by: .hours(1))
            return try outcome.checked(result.get())
        }
    }

    /// Sendable, although the compiler cannot see it: written and read on the one thread of the simulation.
    private final class Outcome: @unchecked Sendable {
        var result: Result<SimulationReport, any Error>?
        private weak var world: World?

        @Simulated
        func fill(_ options: SimulationOptions, _ folder: URL) async {
            do {
                let simulation = Simulation(options, folder: folder)
                world = simulation.world
                result = .success(try await simulation.run())
            } catch {
                result = .failure(error)
            }
        }

        /// Every node, log and view leads to the world: whatever does not let go of one keeps all of it.
        func checked(_ report: SimulationReport) -> SimulationReport {
            var report = report
            if world != nil, report.violations.isEmpty { report.violations = ["something of this life outlives it"] }
            return report
        }
    }

    private func run() async throws -> SimulationReport {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // A folder that cannot be removed is the temporary folder's business.
            try? FileManager.default.removeItem(at: folder)
        }
        let supervisor = Supervisor(world, folder: folder)
        let world = world
        let nodes = Task(executorPreference: Simulated.executor) { try await supervisor.run() }
        for number in 1...3 { spawn { await SimClient(world, name: "client \(number)").run() } }
        for number in 1...3 { spawn { await SimWorker(world, name: "worker \(number)").run() } }
        spawn { await SimLeaser(world).run() }
        spawn { await SimOperator(world).run() }
        while world.elapsed < world.options.storm, !world.isAccused { await sleep(.seconds(1)) }
        world.calm()
        world.tell("the storm is over")
        await settle()
        await check()
        world.end()
        try await nodes.value
        await sleep(.seconds(60))
        // Nobody waits for ever for a node that is gone.
        if world.openCalls > 0, !world.isAccused { world.accuse("\(world.openCalls) calls never end") }
        return await report()
    }

    /// Everything that can end does, within an hour.
    private func settle() async {
        let limit = world.elapsed + .seconds(3600)
        while world.elapsed < limit, !world.isAccused {
            await sleep(.seconds(5))
            guard let node = world.newest?.serving, let queues = try? await node.queues() else { continue }
            let open = queues.reduce(0) { sum, queue in
                sum + queue.record.counts.filter { !$0.key.isFinal }.reduce(0) { $0 + $1.value }
            }
            if open == 0, !world.isBusy { return }
        }
        // Once something is wrong, nothing is expected of the rest.
        if !world.isAccused { world.accuse("an hour after the storm there are jobs that have not ended") }
    }

    private func report() async -> SimulationReport {
        let head = try? await world.truth.head()
        let digest = String(world.story.digest, radix: 16)
        return SimulationReport(
            violations: world.story.violations, trace: "\(digest)-\(head.map { "\($0.hash)" } ?? "")",
            story: world.story.lines, simulated: world.elapsed, entries: head?.position ?? 0, jobs: jobCount)
    }
}
