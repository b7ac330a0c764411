internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import MartletLog
internal import MartletLogSQLite
internal import MartletSQLite
internal import MartletView

/// `martlet verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a folder's log and view while no server uses it.",
        discussion: """
            Reads every entry of the log and holds it against its hash and the one before, reads every page of the view, \
            and holds the view's position against the log. Prints where both stand.

            Example:
              martlet verify --data /var/lib/martlet

            Exit status: 0 all is well; 1 something is wrong, or a server uses the folder; 64 wrong usage; 66 there is no \
            log in the folder.
            """)

    @Option(
        help: ArgumentHelp(
            "The folder; otherwise MARTLET_DATA, $XDG_DATA_HOME/martlet or ~/.local/share/martlet.",
            valueName: "folder"))
    var data: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        let sources = SettingSources(
            flags: data.map { ["data": $0] } ?? [:], environment: ProcessInfo.processInfo.environment, file: .none())
        let folder = try ServerFolder.existing(try ServeSettings(sources).folder)
        guard access(folder.log, F_OK) == 0 else {
            throw CommandError("there is no log in \(folder.path)", .unknown)
        }
        let lock = try FolderLock(folder, start: InstantText.format(.now))
        defer { lock.release() }
        let findings = try await Verification(folder: folder).run()
        let console = Console.standard
        if json {
            try console.print(
                JSONValue.object(findings.facts.map { (name: $0.name, value: .string($0.value)) }).text)
        } else {
            let width = findings.facts.map(\.name.count).max() ?? 0
            for (name, value) in findings.facts {
                try console.print(name + String(repeating: " ", count: width + 2 - name.count) + value)
            }
        }
        if let fault = findings.fault { throw CommandError(fault, .failure) }
    }
}

/// Reads all that a folder holds.
struct Verification {
    let folder: ServerFolder

    struct Findings {
        var facts: [(name: String, value: String)] = []
        var fault: String?
    }

    func run() async throws(CommandError) -> Findings {
        var findings = Findings()
        do {
            let log = try await SQLiteLog.open(folder: folder.path, partition: 0)
            do {
                try await verify(log, &findings)
            } catch {
                await log.close()
                throw error
            }
            await log.close()
        } catch {
            throw StartFailure.describe(error, in: folder)
        }
        return findings
    }

    private func verify(_ log: SQLiteLog, _ findings: inout Findings) async throws {
        let count = try await log.verify()
        let head = try await log.head()
        findings.facts += [
            ("log", "\(log.incarnation)"), ("entries", "\(count)"), ("first", "\(head.position + 1 - UInt64(count))"),
            ("last", "\(head.position)"), ("hash", "\(head.hash)"), ("epoch", "\(head.epoch)"),
        ]
        if head.position > 0 { findings.facts.append(("time", InstantText.format(microseconds: head.time))) }
        guard access(folder.view, F_OK) == 0 else {
            findings.facts.append(("view", "none"))
            if count < head.position {
                findings.fault = "there is no view, and the log has forgotten what only the view keeps"
            }
            return
        }
        try checkPages()
        let view = try View(path: folder.view, incarnation: log.incarnation.description)
        let position = view.position
        await view.close()
        let behind = max(head.position, position.position) - position.position
        findings.facts += [("view", "\(position.position)"), ("behind", "\(behind)")]
        findings.fault = try await fault(of: position, against: head, in: log)
    }

    /// A view that knows more than its log, or another history, proves that something was lost or mixed.
    private func fault(of view: ViewPosition, against head: LogHead, in log: SQLiteLog) async throws -> String? {
        guard view.position <= head.position else {
            return "the view stands at \(view.position) and the log ends at \(head.position): the log has lost entries"
        }
        guard view.position > 0 else { return nil }
        do {
            let entry = try await log.read(from: view.position, bytes: 1).first
            guard entry?.hash.bytes == view.hash else {
                return "at position \(view.position) the view was made from another history than this log's"
            }
        } catch LogError.forgotten(let first) where view.position + 1 < first {
            return "the view stands at \(view.position) and the log begins at \(first): what is between is lost"
        } catch LogError.forgotten {
            // The entry itself is forgotten, and the next one is there: nothing is missing.
        }
        return nil
    }

    /// Every page of the view's file, its indexes included.
    private func checkPages() throws {
        let database = try Database(path: folder.view, mode: .readOnly)
        let statement = try database.prepare("PRAGMA integrity_check(1)")
        guard try statement.step() else { throw ViewError.damaged("SQLite says nothing of \(folder.view)") }
        let finding = statement.text(at: 0)
        guard finding == "ok" else { throw ViewError.damaged(finding) }
    }
}
