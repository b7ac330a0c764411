package import Foundation
import MartletCore
import MartletLog
import MartletNode
import MartletView
import NIOCore
import NIOEmbedded

/// One life of the whole system, from one seed.
@Simulated
package final class Simulation {
    let world: World
    private let folder: URL
    private let clients: [SimClient]
    private let workers: [SimWorker]
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
        let world = World(options)
        self.world = world
        self.folder = folder
        clients = (1...3).map { SimClient(world, name: "client \($0)") }
        workers = (1...3).map { SimWorker(world, name: "worker \($0)") }
    }

    /// Runs one seed on the calling thread, which must be the same for all runs of a process.
    package nonisolated static func run(_ options: SimulationOptions, folder: URL) throws -> SimulationReport {
        let outcome = Outcome()
        _ = Task(executorPreference: Simulated.executor) { await outcome.fill(options, folder) }
        let loop = Simulated.loop
        let end = loop.now + TimeAmount.nanoseconds((options.storm + options.patience).inNanoseconds)
        while loop.now < end {
            loop.advanceTime(by: .seconds(1))
            guard let result = Simulated.shared.assumeIsolated({ _ in outcome.result }) else { continue }
            // Whatever timers are left find that it is over.
            loop.advanceTime(by: .hours(1))
            return try outcome.checked(result.get())
        }
        let report = Simulated.assumeHere { outcome.giveUp() }
        // What waits for ever stays where it is, and harms no other run; the rest finds that it is over.
        loop.advanceTime(by: .hours(1))
        try? FileManager.default.removeItem(at: folder)
        return report
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

        /// Says what is open of a run that does not end, and tells all of it that it is over.
        @Simulated
        func giveUp() -> SimulationReport {
            guard let world else {
                return SimulationReport(
                    violations: ["the run does not end, and nothing of it is left"], trace: "", story: [],
                    simulated: .zero, entries: 0, jobs: 0)
            }
            world.accuse("the run does not end: \(world.rest)")
            defer { world.end() }
            return SimulationReport(of: world, head: nil, jobs: 0)
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
        for client in clients { spawn { await client.run() } }
        for worker in workers { spawn { await worker.run() } }
        spawn { await SimLeaser(world).run() }
        spawn { await SimOperator(world).run() }
        while world.elapsed < world.options.storm, !world.isAccused { await sleep(.seconds(1)) }
        world.calm()
        world.tell("the storm is over")
        await settle()
        world.stage = "what is checked at the end"
        await check()
        world.end()
        world.stage = "the end of the nodes"
        try await nodes.value
        await sleep(.seconds(60))
        // Nobody waits for ever for a node that is gone.
        if world.openCalls > 0, !world.isAccused { world.accuse("\(world.openCalls) calls never end") }
        let head = try? await world.truth.head()
        return SimulationReport(of: world, head: head, jobs: jobCount)
    }

    /// Everything that can end does, within an hour.
    private func settle() async {
        world.stage = "what goes on after the storm"
        let limit = world.elapsed + .seconds(3600)
        var rest: String?
        while world.elapsed < limit, !world.isAccused {
            await sleep(.seconds(5))
            rest = await unfinished()
            if rest == nil, !world.isBusy { return }
        }
        // Once something is wrong, nothing is expected of the rest.
        if !world.isAccused { world.accuse("an hour after the storm \(rest ?? "clients are busy")") }
    }

    /// What has not come to its end, in words; nil when everything has.
    private func unfinished() async -> String? {
        guard let node = world.newest?.serving, let queues = try? await node.queues() else { return "no node answers" }
        let isOpen = queues.contains { queue in
            queue.record.counts.contains { !$0.key.isFinal && $0.value > 0 }
        }
        if isOpen { return "there are jobs that have not ended" }
        if let client = clients.first(where: { $0.isWaiting }) { return "\(client.name) waits for an answer" }
        let worker = workers.first { !$0.isAtRest }
        return worker.map { "\($0.name) has attempts that nobody settles" }
    }
}

extension SimulationReport {
    @Simulated
    fileprivate init(of world: World, head: LogHead?, jobs: Int) {
        let digest = String(world.story.digest, radix: 16)
        self.init(
            violations: world.story.violations, trace: "\(digest)-\(head.map { "\($0.hash)" } ?? "")",
            story: world.story.lines, simulated: world.elapsed, entries: head?.position ?? 0, jobs: jobs)
    }
}
