import Foundation
import MartletSim

/// Runs seeds with storms of one length, and says what came of them.
struct SeedRun {
    /// In virtual seconds.
    let storm: Int
    /// What is run, as it was when the process began.
    let commit: String

    func life(of seed: UInt64, isTold: Bool = false) throws -> SimulationReport {
        LastWords.keep("seed \(seed) ends the process; again, at \(commit): \(command(seed))\n")
        defer { LastWords.keep("") }
        let options = SimulationOptions(seed: seed, storm: .seconds(storm), isTold: isTold)
        return try Simulation.run(options, folder: Simulation.newFolder())
    }

    func summary(_ seed: UInt64, _ report: SimulationReport) -> String {
        let verdict = report.violations.isEmpty ? "clean" : "FAILED"
        let facts = "\(report.jobs) jobs, \(report.entries) entries, trace \(report.trace)"
        return (["seed \(seed): \(verdict); \(facts)"] + report.violations.map { "  \($0)" }).joined(separator: "\n")
    }

    /// The shortest command that shows the same failure again, and the commit at which it does.
    func recipe(_ seed: UInt64, _ report: SimulationReport) throws -> String {
        var shortest = self
        for shorter in [1, 2, 5, 10, 20, 40, 80, 160] where shorter < storm {
            let run = SeedRun(storm: shorter, commit: commit)
            guard try run.life(of: seed).failsLike(report) else { continue }
            shortest = run
            break
        }
        return "  again, at \(commit): \(shortest.command(seed))"
    }

    private func command(_ seed: UInt64) -> String { "martlet-sim --seed \(seed) --storm \(storm)" }

    /// Where the working copy stands; what was built may be older.
    static func findCommit() -> String {
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = ["git", "describe", "--always", "--dirty"]
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        do {
            try git.run()
        } catch {
            return "an unknown commit"
        }
        git.waitUntilExit()
        let name = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return name.isEmpty ? "an unknown commit" : "commit \(name.trimmingCharacters(in: .whitespacesAndNewlines))"
    }
}

/// Seed after seed, until there are enough or time is over.
struct Search {
    let run: SeedRun
    let first: UInt64
    let count: Int
    let minutes: Double?
    var stopsAtFirst = false
    var showsProgress = false

    /// Returns whether all were clean.
    func go() throws -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        var (ran, simulated, failed) = (0, Duration.zero, 0)
        for number in 0..<UInt64(count) {
            if let minutes, clock.now - start > .seconds(minutes * 60) { break }
            if stopsAtFirst, failed > 0 { break }
            let seed = first &+ number
            if showsProgress { FileHandle.standardError.write(Data("seed \(seed)\n".utf8)) }
            let report = try run.life(of: seed)
            ran += 1
            simulated += report.simulated
            guard !report.violations.isEmpty else { continue }
            failed += 1
            // Written at once: a search may be ended from outside.
            FileHandle.standardOutput.write(Data("\(run.summary(seed, report))\n".utf8))
            FileHandle.standardOutput.write(Data("\(try run.recipe(seed, report))\n".utf8))
        }
        let took = clock.now - start
        print(
            """
            \(ran) seeds from \(first), \(failed) failed; \(Int(simulated / .seconds(1))) s simulated in \
            \(Int(took / .seconds(1))) s, \(Int(simulated / took)) times as fast
            """)
        return failed == 0
    }
}
