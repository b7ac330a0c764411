import MartletCore
import MartletSQLite
import MartletView
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A folder that is gone with the test.
final class TemporaryFolder {
    let path: String

    init(in parent: String = "/tmp") throws {
        var template = Array("\(parent)/martlet-view-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit { remove(path) }

    var view: String { path + "/view.db" }

    private func remove(_ folder: String) {
        for file in ["view.db", "copy.db"] {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink("\(folder)/\(file)\(suffix)") }
        }
        rmdir(folder)
    }
}

func readFile(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
}

func writeFile(_ path: String, _ bytes: [UInt8]) throws {
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

/// Makes of a view's file one as releases wrote it whose pages had no checksums.
func writeWithoutChecksums(_ path: String) throws {
    let old = path + "-old"
    let database = try Database(path: old)
    try database.execute("ATTACH '\(path)' AS new")
    for (name, sql) in try tablesAndIndexes(database) {
        try database.execute(sql)
        if sql.hasPrefix("CREATE TABLE") { try database.execute("INSERT INTO main.\(name) SELECT * FROM new.\(name)") }
    }
    try database.execute("PRAGMA application_id = 0x4D617274; PRAGMA journal_mode = WAL")
    try writeFile(path, try readFile(old))
    for suffix in ["", "-wal", "-shm"] { unlink(old + suffix) }
}

private func tablesAndIndexes(_ database: Database) throws -> [(name: String, sql: String)] {
    let statement = try database.prepare(
        "SELECT name, sql FROM new.sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC")
    defer { statement.reset() }
    var found: [(name: String, sql: String)] = []
    while try statement.step() { found.append((statement.text(at: 0), statement.text(at: 1))) }
    return found
}

/// Entries one after the other, a second apart.
func position(_ number: UInt64) -> ViewPosition {
    ViewPosition(
        position: number, hash: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32),
        time: second(Int64(number)), epoch: 1)
}

func second(_ second: Int64) -> Timestamp { Timestamp(microseconds: 1_790_000_000_000_000 + second * 1_000_000) }

func subject(_ number: UInt64, queue: String = "emails") -> Subject {
    Subject(id: JobID(at: second(0), seed: number, index: 0), number: number, queue: queue)
}

func submitted(
    _ job: Subject, kind: String = "send", payload: [UInt8] = [1, 2, 3], priority: UInt8 = 5, due: Timestamp? = nil,
    key: String? = nil
) -> Event {
    .submitted(
        .init(
            job: job, kind: kind, payload: payload, priority: priority, due: due, timeout: nil, retry: .standard,
            idempotency: key.map { Idempotency(key: $0, fingerprint: 42) }, traceparent: nil))
}

let session = SessionID(high: 7, low: 9)

func started(_ job: Subject, attempt: Int = 1, token: UInt64 = 1) -> Event {
    .started(
        .init(
            job: job, attempt: attempt,
            lease: Lease(token: FencingToken(token), session: session, until: second(500), timesOut: nil)))
}

func completed(_ job: Subject, attempt: Int = 1, token: UInt64 = 1) -> Event {
    .completed(.init(job: job, attempt: attempt, token: FencingToken(token), result: [9]))
}

func failed(_ job: Subject, attempt: Int = 1, token: UInt64 = 1, failures: Int = 1, due: Timestamp?) -> Event {
    .failed(
        .init(
            job: job, attempt: attempt, token: FencingToken(token), failure: Failure(code: "error", message: "no"),
            failures: failures, due: due, seed: 0))
}

func lost(_ job: Subject, losses: Int = 1, isQuarantined: Bool = false) -> Event {
    .lost(.init(job: job, attempt: 1, token: FencingToken(1), losses: losses, isQuarantined: isQuarantined))
}

extension View {
    /// Projects each list of events as one entry.
    func project(_ entries: [Event]..., from first: UInt64 = 1) {
        for (index, events) in entries.enumerated() {
            project(events, at: MartletViewTests.position(first + UInt64(index)))
        }
    }

    /// The counts of one queue that are not zero.
    func counts(_ queue: String = "emails") async throws -> [JobState: Int] {
        try await queues().first { $0.name == queue }?.counts.filter { $0.value != 0 } ?? [:]
    }
}
