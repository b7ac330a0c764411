import ArgumentParser
import MartletHarness

/// Runs the scenarios and reports.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the bench: a table on standard error, JSON lines on standard output.")

    @Option(help: "The figures to find, separated by commas; otherwise all.")
    var figures = ""

    @Option(help: "How often each is measured; the median counts.")
    var runs = 5

    @Option(help: "The martlet program; otherwise the one beside this program.")
    var martlet: String?

    @Option(help: "Where the temporary folder is made: on a disk, not in memory.")
    var folder = "/var/tmp"

    @Option(help: "Jobs of an end-to-end run.")
    var jobs = 300_000

    @Option(help: "Jobs that wait in the runs about a backlog.")
    var backlog = 1_000_000

    @Option(help: "Jobs of one submission in the batched runs.")
    var batch = 1000

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000") }
        guard jobs > 0, backlog > 0, (1...10_000).contains(batch) else {
            throw ValidationError("--jobs and --backlog must be at least 1, --batch from 1 to 10000")
        }
        _ = try wanted()
    }

    func run() throws {
        let wanted = try wanted()
        try requireDisk()
        let leash = try Leash(in: folder)
        defer { leash.end() }
        let bench = Bench(
            martlet: try martlet ?? "\(programFolder())/martlet", program: "\(try programFolder())/martlet-bench",
            leash: leash)
        var report = Report(figures: wanted)
        for scenario in scenarios() where !scenario.figures.isDisjoint(with: wanted) {
            for run in 1...runs {
                say("\(scenario.name), run \(run) of \(runs)")
                report.add(try scenario.run(bench))
            }
        }
        report.print()
    }

    private func scenarios() -> [Scenario] {
        [
            Scenario(name: "start", figures: [.start]) { try measureStart($0) },
            Scenario(name: "idle", figures: [.idle]) { try measureIdle($0) },
            Scenario(name: "latency", figures: [.latencyMedian, .latencyTail]) { try measureLatency($0) },
            Scenario(name: "single submissions", figures: [.submitSingle]) { try measureSingles($0) },
            Scenario(name: "batched submissions", figures: [.submitBatched]) {
                try measureBatches($0, jobs: jobs, batch: batch)
            },
            Scenario(name: "end to end", figures: [.endToEnd, .serverProcessor, .logLimit]) {
                try measureEndToEnd($0, jobs: jobs, batch: batch)
            },
            Scenario(name: "backlog", figures: [.waitingBytes, .backlogRatio, .restart]) {
                try measureBacklog($0, waiting: backlog, batch: batch)
            },
        ]
    }

    private func wanted() throws -> Set<Figure> {
        let names = figures.split(separator: ",").map(String.init)
        guard !names.isEmpty else { return Set(Figure.allCases) }
        return Set(
            try names.map { name in
                guard let figure = Figure(rawValue: name) else {
                    let known = Figure.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("there is no figure \(name); there are \(known)")
                }
                return figure
            })
    }

    /// A log in memory would sync for nothing.
    private func requireDisk() throws {
        guard try !isInMemory(folder: folder) else {
            throw ValidationError("\(folder) is in memory; --folder chooses another")
        }
    }
}

/// Some figures that are found together.
struct Scenario {
    let name: String
    let figures: Set<Figure>
    let run: (Bench) throws -> Findings
}
