import ArgumentParser
import MartletSim

/// Lives of the whole system in virtual time, each from one seed: with faults, and with everything checked at the end.
@main
struct MartletSimulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-sim",
        abstract: "Runs clients, workers, nodes and a faulty log in virtual time, and checks what came of it.",
        discussion: """
            martlet-sim --seed 42                      tells the story of one run
            martlet-sim --seeds 10000 --minutes 10     searches; prints each seed that fails
            """)

    @Option(help: "The seed of one run; with --seeds the first of many.")
    var seed: UInt64 = 1
    @Option(help: "How many seeds to run. Without it one run is told.")
    var seeds: Int?
    @Option(help: "Ends the search after so long.")
    var minutes: Double?
    @Option(help: "How long faults happen in each run, in virtual seconds.")
    var storm: Int = 120
    @Option(help: "A mistake to find: \(SimulationOptions.Bug.allCases.map(\.rawValue).joined(separator: ", ")).")
    var bug: String?

    func validate() throws {
        if let bug, SimulationOptions.Bug(rawValue: bug) == nil { throw ValidationError("--bug: unknown: \(bug)") }
        guard (1...86_400).contains(storm) else { throw ValidationError("--storm: from 1 to 86400") }
        guard seeds.map({ $0 > 0 }) ?? true else { throw ValidationError("--seeds: at least 1") }
    }

    func run() throws {
        guard let seeds else {
            let report = try run(seed, isTold: true)
            report.story.forEach { print($0) }
            print(summary(seed, report))
            if !report.violations.isEmpty { throw ExitCode.failure }
            return
        }
        let clock = ContinuousClock()
        let start = clock.now
        var (ran, simulated, failed) = (0, Duration.zero, 0)
        for number in 0..<UInt64(seeds) {
            if let minutes, clock.now - start > .seconds(minutes * 60) { break }
            let report = try run(seed &+ number, isTold: false)
            ran += 1
            simulated += report.simulated
            guard !report.violations.isEmpty else { continue }
            failed += 1
            print(summary(seed &+ number, report))
        }
        let took = clock.now - start
        print(
            """
            \(ran) seeds from \(seed), \(failed) failed; \(Int(simulated / .seconds(1))) s simulated in \
            \(Int(took / .seconds(1))) s, \(Int(simulated / took)) times as fast
            """)
        if failed > 0 { throw ExitCode.failure }
    }

    private func run(_ seed: UInt64, isTold: Bool) throws -> SimulationReport {
        let options = SimulationOptions(
            seed: seed, storm: .seconds(storm), isTold: isTold, bug: bug.flatMap(SimulationOptions.Bug.init))
        return try Simulation.run(options, folder: Simulation.newFolder())
    }

    private func summary(_ seed: UInt64, _ report: SimulationReport) -> String {
        let verdict = report.violations.isEmpty ? "clean" : "FAILED"
        var lines = [
            "seed \(seed): \(verdict); \(report.jobs) jobs, \(report.entries) entries, trace \(report.trace)"
        ]
        lines += report.violations.map { "  \($0)" }
        if !report.violations.isEmpty {
            lines.append("  again: martlet-sim --seed \(seed) --storm \(storm)\(bug.map { " --bug \($0)" } ?? "")")
        }
        return lines.joined(separator: "\n")
    }
}
