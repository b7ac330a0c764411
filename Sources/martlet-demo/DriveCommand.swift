import ArgumentParser
import MartletHarness

/// Runs the whole demo.
struct DriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drive", abstract: "Runs server, workers and client, kills two of them, and checks every result.")

    @Option(help: "The directory whose files are digested.")
    var directory = "/usr/share/doc"

    @Option(help: "The martlet program; otherwise the one beside this program.")
    var martlet: String?

    @Option(help: "Where the temporary folder is made.")
    var folder = "/var/tmp"

    @Option(help: "How many worker processes.")
    var workers = 3

    @Option(help: "At most so many files.")
    var files = 1_000_000

    @Option(help: "Seconds over which the jobs are submitted; 0 submits them as fast as it goes.")
    var pace = 4.0

    @Option(help: "Seconds after which whatever is not done is lost; otherwise 60 and one more for each 500 files.")
    var limit: Int?

    @Flag(help: "Leave the temporary folder.")
    var keep = false

    func validate() throws {
        guard (1...64).contains(workers) else { throw ValidationError("--workers must be from 1 to 64") }
        guard files > 0 else { throw ValidationError("--files must be at least 1") }
        guard (0...3600).contains(pace) else { throw ValidationError("--pace must be from 0 to 3600") }
    }

    func run() async throws {
        let paths = try FileList.files(under: directory, limit: files)
        guard !paths.isEmpty else { throw ValidationError("there is no regular file under \(directory)") }
        let leash = try Leash(in: folder, isKept: keep)
        defer { leash.end() }
        if keep { say("everything is kept in \(leash.folder)") }
        let fleet = try Fleet(
            martlet: martlet ?? "\(programFolder())/martlet", demo: "\(programFolder())/martlet-demo",
            workers: workers, leash: leash)
        let seconds = limit ?? 60 + paths.count / 500 + Int(pace)
        let drive = Drive(paths: paths, fleet: fleet, pace: .seconds(pace), limit: .seconds(seconds))
        let verdict = try await drive.run()
        fleet.end()
        print(verdict.table)
        guard verdict.isClean else { throw ExitCode.failure }
    }
}
