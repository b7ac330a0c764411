import Foundation
import Testing

@testable import MartletSim

// Everything of a simulation runs on the thread that first asks for it, so all of it is one test after the other there.
@Suite("Simulated lives of the whole system")
struct SimulationTests {
    private static func run(
        _ seed: UInt64, isTold: Bool = false
    ) throws -> SimulationReport {
        let options = SimulationOptions(seed: seed, storm: .seconds(40), isTold: isTold)
        return try Simulation.run(options, folder: Simulation.newFolder())
    }

    @Test("Seeds that once failed and a few more are clean, each the same each time")
    @MainActor
    func seeds() throws {
        // 1: pages were read again and again when other lanes were full. 100501, 100848: a late outcome was taken for one
        // that had counted, when a newer attempt ended while that was looked up. 700141: a key became two jobs.
        // The simulator has changed since, and they are other lives now. What 700141 found is a seeded bug, too.
        for seed in [1, 2, 3, 4, 100_501, 100_848, 700_141] as [UInt64] {
            let (first, second) = (try Self.run(seed, isTold: true), try Self.run(seed, isTold: true))
            #expect(first.violations == [], "martlet-sim --seed \(seed) --storm 40")
            #expect(first.trace == second.trace && first.story == second.story, "seed \(seed)")
            #expect(first.jobs > 100 && first.entries > 100, "seed \(seed)")
        }
    }

    @Test("Disks lose and damage what they hold, logs forget and nodes refuse, all within a few seeds")
    @MainActor
    func damage() throws {
        var missing = [
            "loses power", "that nobody synced are gone", "is flipped", "was never written", "the log is damaged at",
            "has lost entries that were acknowledged", "what was before is behind a checkpoint", "is replaced",
            "drains", "view fails", "arrives again",
        ]
        for seed in 1...60 as ClosedRange<UInt64> where !missing.isEmpty {
            let report = try Self.run(seed, isTold: true)
            #expect(report.violations == [], "martlet-sim --seed \(seed) --storm 40")
            missing.removeAll { words in report.story.contains { $0.contains(words) } }
        }
        #expect(missing == [])
    }

    @Test("A run that goes on for too long is ended, says what is open, and disturbs no other")
    @MainActor
    func unended() throws {
        let before = try Self.run(5)
        var options = SimulationOptions(seed: 6, storm: .seconds(5))
        options.patience = .zero
        let folder = Simulation.newFolder()
        let report = try Simulation.run(options, folder: folder)
        #expect(report.violations.contains { $0.hasPrefix("the run does not end: what goes on after the storm") })
        #expect(!FileManager.default.fileExists(atPath: folder.path()))
        #expect(try Self.run(5).trace == before.trace)
    }
}
