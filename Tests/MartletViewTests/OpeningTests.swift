import MartletCore
import MartletSQLite
import MartletView
import Testing

@Suite("A view opens its own file and no other")
struct OpeningTests {
    private func refusal(_ path: String, incarnation: String = "log") -> ViewError? {
        do {
            _ = try View(path: path, incarnation: incarnation)
            return nil
        } catch {
            return error
        }
    }

    private func made(_ folder: TemporaryFolder, _ sql: String = "") async throws {
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))])
        await view.close()
        if !sql.isEmpty { try Database(path: folder.view).execute(sql) }
    }

    private func number(_ database: Database, _ sql: String) throws -> Int64 {
        let statement = try database.prepare(sql)
        #expect(try statement.step())
        defer { statement.reset() }
        return statement.int64(at: 0)
    }

    @Test("A new view is empty")
    func newView() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        #expect(view.position == .empty)
        #expect(try await view.queues().isEmpty)
        #expect(try await view.job(subject(1).id) == nil)
        #expect(try await view.history(of: subject(1).id) == nil)
        let restored = try await view.restored(limits: Limits())
        #expect(restored.nextNumber == 1 && restored.nextToken == 1 && restored.running.isEmpty)
        await view.close()
    }

    @Test("The view of another log is refused with both names")
    func otherIncarnation() async throws {
        let folder = try TemporaryFolder()
        try await made(folder)
        #expect(refusal(folder.view, incarnation: "new") == .foreign("\(folder.view) follows the log log, not new"))
    }

    @Test("A newer format is refused with both versions")
    func newerVersion() async throws {
        let folder = try TemporaryFolder()
        try await made(folder, "PRAGMA user_version = 4")
        #expect(refusal(folder.view) == .newerVersion(found: 4, supported: 3))
    }

    @Test("A file of the first format is brought up to date, and keeps what it holds")
    func olderVersion() async throws {
        let folder = try TemporaryFolder()
        let written = try View(path: folder.view, incarnation: "log")
        written.project([submitted(subject(1)), submitted(subject(2), due: second(9)), started(subject(1))])
        await written.close()
        try writeWithoutChecksums(folder.view)
        try Database(path: folder.view).execute(
            """
            DROP INDEX jobs_due; DROP INDEX jobs_rare;
            CREATE INDEX jobs_due ON jobs (max(due, 0)) WHERE state IN (1, 4);
            CREATE INDEX jobs_rare ON jobs (state) WHERE state IN (3, 6, 7);
            PRAGMA user_version = 1;
            """)

        let view = try View(path: folder.view, incarnation: "log")

        let from = LaneKey(rank: 0, number: 0)
        let timers = try await view.page(PageRequest(lane: .timers, from: from, jobs: 9, bytes: .max))
        #expect(timers.jobs.map(\.subject.id) == [subject(2).id])
        #expect(try await view.restored(limits: Limits()).running.map(\.subject.id) == [subject(1).id])
        await view.close()
        let again = try View(path: folder.view, incarnation: "log")
        #expect(again.position == position(1))
        await again.close()
        // SQLite answers from the old indexes too, only slowly written: so the file itself must say that they are gone.
        let database = try Database(path: folder.view)
        #expect(try number(database, "PRAGMA user_version") == 3)
        #expect(try readFile(folder.view)[20] == 8)
        #expect(try number(database, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%state IN (%'") == 0)
    }

    @Test("A SQLite file of another program is refused and left alone")
    func foreignFile() throws {
        let folder = try TemporaryFolder()
        try Database(path: folder.view).execute("CREATE TABLE theirs (x)")
        let before = try readFile(folder.view)
        guard case .foreign = refusal(folder.view) else { return #expect(Bool(false), "it was opened") }
        #expect(try readFile(folder.view) == before)
    }

    @Test("Bytes that are no database are damage")
    func noDatabase() throws {
        let folder = try TemporaryFolder()
        try writeFile(folder.view, [UInt8](repeating: 0x5A, count: 9000))
        guard case .damaged = refusal(folder.view) else { return #expect(Bool(false), "it was opened") }
    }

    @Test("A view without its position is damage")
    func noPosition() async throws {
        let folder = try TemporaryFolder()
        try await made(folder, "DELETE FROM view")
        guard case .damaged = refusal(folder.view) else { return #expect(Bool(false), "it was opened") }
    }

    private static let damages = [
        "history = x'01FF'", "history = x'010101'", "history = x'01010104000000000000000001FFFFFFFFFFFFFFFFFFFF'",
        "id = x'00'", "policy = x'02'", "state = 9", "failure = x'01FF7F'", "lease = x'01', state = 3", "kind = 99",
    ]

    @Test("Damaged bytes in a record are reported with the job, and trap nowhere", arguments: damages)
    func damagedRecord(_ damage: String) async throws {
        let folder = try TemporaryFolder()
        try await made(folder, "UPDATE jobs SET \(damage)")
        let view = try View(path: folder.view, incarnation: "log")
        var errors: [ViewError] = []
        do {
            _ = try await view.jobs(JobQuery())
            _ = try await view.history(of: subject(1).id)
        } catch { errors.append(error) }
        guard case .damaged = errors.first else { return #expect(Bool(false), "\(damage): \(errors)") }
        await view.close()
    }

    @Test("A closed view says so")
    func closed() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        await view.close()
        await #expect(throws: ViewError.stopped("it was closed")) { try await view.queues() }
        await #expect(throws: ViewError.stopped("it was closed")) { _ = try await view.makeDurable() }
    }
}
