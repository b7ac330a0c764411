import ArgumentParser
import Glibc
import MartletSim

/// Lives of the whole system in virtual time, each from one seed: with faults, and with everything checked at the end.
@main
struct MartletSimulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-sim",
        abstract: "Runs clients, workers, nodes and a faulty log in virtual time, and checks what came of it.",
        discussion: """
            martlet-sim --seed 42                      tells the story of one run, and how to see a failure again
            martlet-sim --seeds 10000 --minutes 10     searches; prints each seed that fails
            """)

    @Option(help: "The seed of one run; with --seeds the first of many.")
    var seed: UInt64 = 1
    @Option(help: "How many seeds to run. Without it one run is told.")
    var seeds: Int?
    @Option(help: "Ends the search after so long.")
    var minutes: Double?
    @Flag(help: "Ends the search at the first seed that fails.")
    var first = false
    @Flag(help: "Names each seed on standard error before it runs: for when the process is killed.")
    var progress = false
    @Option(help: "How long faults happen in each run, in virtual seconds.")
    var storm: Int = 120

    func validate() throws {
        guard (1...86_400).contains(storm) else { throw ValidationError("--storm: from 1 to 86400") }
        guard seeds.map({ $0 > 0 }) ?? true else { throw ValidationError("--seeds: at least 1") }
        guard minutes.map({ $0 > 0 }) ?? true else { throw ValidationError("--minutes: more than 0") }
    }

    func run() throws {
        let run = SeedRun(storm: storm, commit: SeedRun.findCommit())
        LastWords.arm()
        if let seeds {
            var search = Search(run: run, first: seed, count: seeds, minutes: minutes)
            search.stopsAtFirst = first
            search.showsProgress = progress
            guard try search.go() else { throw ExitCode.failure }
        } else {
            let report = try run.life(of: seed, isTold: true)
            report.story.forEach { print($0) }
            print(run.summary(seed, report))
            guard !report.violations.isEmpty else { return }
            // What follows may end the process.
            fflush(nil)
            print(try run.recipe(seed, report))
            throw ExitCode.failure
        }
    }
}
