internal import MartletCore
internal import MartletSQLite

/// Writes changed jobs: one statement for each, an insert for a job that is new and an update for one that is not.
final class JobStatements {
    private let database: Database
    private let insert: Statement
    private let insertPayload: Statement
    private var updates: [JobChange.Columns: Statement] = [:]
    private lazy var history = LongHistory(database)
    /// Rows of jobs written since the view was opened.
    private(set) var rowsWritten = 0

    init(_ database: Database) throws(SQLiteError) {
        self.database = database
        let values = Array(repeating: "?", count: 21).joined(separator: ",")
        insert = try database.prepare("INSERT INTO jobs VALUES (\(values))")
        insertPayload = try database.prepare("INSERT INTO payloads VALUES (?, ?)")
    }

    /// - Parameter submitted: what the job is, when it is new.
    func write(_ change: JobChange, _ submitted: Event.Submitted?) throws {
        rowsWritten += 1
        guard let birth = change.birth, let submitted else { return try update(change) }
        try add(change, birth, submitted)
    }

    private func add(_ change: JobChange, _ birth: JobChange.Birth, _ event: Event.Submitted) throws {
        let isInline = event.payload.count <= Schema.inlinePayload
        insert.bind(change.number, at: 1)
        insert.bind(high: event.job.id.high, low: event.job.id.low, at: 2)
        insert.bind(birth.queue, at: 3)
        insert.bind(birth.kind, at: 4)
        insert.bind(Int64(change.state.rawValue), at: 5)
        insert.bind(9 - Int64(event.priority), at: 6)
        insert.bind(change.due?.microseconds, at: 7)
        insert.bind(birth.time.microseconds, at: 8)
        insert.bind(change.attempt, at: 9)
        insert.bind(change.failures, at: 10)
        insert.bind(change.losses, at: 11)
        insert.bind(change.token.map { Int64(bitPattern: $0.value) }, at: 12)
        insert.bind(change.started?.microseconds, at: 13)
        insert.bind(change.finished?.microseconds, at: 14)
        insert.bind(change.hold.map(PackedColumns.encode), at: 15)
        insert.bind(change.until?.microseconds, at: 16)
        let policy = PackedColumns.Policy(
            timeout: event.timeout, retry: event.retry, traceparent: event.traceparent,
            idempotencyKey: event.idempotency?.key)
        insert.bind(PackedColumns.encode(policy), at: 17)
        insert.bind(change.failure.map(PackedColumns.encode), at: 18)
        insert.bind(isInline ? event.payload : nil, at: 19)
        insert.bind(change.result, at: 20)
        insert.bind(change.history, at: 21)
        try insert.run()
        guard !isInline else { return }
        insertPayload.bind(change.number, at: 1)
        insertPayload.bind(event.payload, at: 2)
        try insertPayload.run()
        insertPayload.clearBindings()
    }

    private func update(_ change: JobChange) throws {
        let statement = try statement(for: change.columns)
        bind(change, to: statement, longest: History.trimmedAbove)
        try statement.run()
        guard database.changes == 0 else { return }
        // Its history is long, or there is no such job.
        try history.trim(change.number)
        bind(change, to: statement, longest: .max)
        try statement.run()
    }

    private func bind(_ change: JobChange, to statement: Statement, longest: Int) {
        var index: Int32 = 0
        func next() -> Int32 {
            index += 1
            return index
        }
        let columns = change.columns
        if columns.contains(.standing) {
            statement.bind(Int64(change.state.rawValue), at: next())
            statement.bind(change.due?.microseconds, at: next())
            statement.bind(change.finished?.microseconds, at: next())
            statement.bind(change.hold.map(PackedColumns.encode), at: next())
        }
        if !columns.isDisjoint(with: [.standing, .until]) { statement.bind(change.until?.microseconds, at: next()) }
        if columns.contains(.attempt) {
            statement.bind(change.attempt, at: next())
            statement.bind(change.token.map { Int64(bitPattern: $0.value) }, at: next())
        }
        if columns.contains(.started) { statement.bind(change.started?.microseconds, at: next()) }
        if columns.contains(.failures) { statement.bind(change.failures, at: next()) }
        if columns.contains(.losses) { statement.bind(change.losses, at: next()) }
        if columns.contains(.failure) { statement.bind(change.failure.map(PackedColumns.encode), at: next()) }
        if columns.contains(.result) { statement.bind(change.result, at: next()) }
        statement.bind(change.history, at: next())
        statement.bind(change.number, at: next())
        statement.bind(longest, at: next())
    }

    private func statement(for columns: JobChange.Columns) throws(SQLiteError) -> Statement {
        if let known = updates[columns] { return known }
        var names: [String] = []
        if columns.contains(.standing) { names += ["state", "due", "finished", "lease"] }
        if !columns.isDisjoint(with: [.standing, .until]) { names.append("leased_until") }
        if columns.contains(.attempt) { names += ["attempt", "token"] }
        if columns.contains(.started) { names.append("started") }
        if columns.contains(.failures) { names.append("failures") }
        if columns.contains(.losses) { names.append("losses") }
        if columns.contains(.failure) { names.append("failure") }
        if columns.contains(.result) { names.append("result") }
        let sets = names.map { "\($0) = ?, " }.joined()
        let statement = try database.prepare(
            "UPDATE jobs SET \(sets)history = CAST(history || ? AS BLOB) "
                + "WHERE number = ? AND length(history) <= ?")
        updates[columns] = statement
        return statement
    }
}
