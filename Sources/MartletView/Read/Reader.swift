internal import MartletCore
internal import MartletSQLite

/// The connection that reads. Used on the reader's thread only; its transactions are short, so that a checkpoint is
/// never held up for long.
final class Reader {
    let database: Database
    private var statements: [String: Statement] = [:]
    private(set) lazy var queueNames = NameCache("queues", self)
    private(set) lazy var kindNames = NameCache("kinds", self)

    init(_ database: Database) { self.database = database }

    /// Runs `body` on one snapshot of the file.
    func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try database.execute("BEGIN")
        do {
            let value = try body()
            try database.execute("COMMIT")
            return value
        } catch {
            // The first error is the one to report; nothing was written that would have to be taken back.
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    /// The statement for `sql`, compiled once. Texts are literals of this module, which bounds their number.
    func statement(_ sql: String) throws -> Statement {
        if let known = statements[sql] { return known }
        let statement = try database.prepare(sql)
        statements[sql] = statement
        return statement
    }

    /// Calls `body` for each row, until it says that it has seen enough.
    func rows(_ sql: String, _ values: [Int64] = [], _ body: (Statement) throws -> Step) throws {
        let statement = try statement(sql)
        defer { statement.reset() }
        for (index, value) in values.enumerated() { statement.bind(value, at: Int32(index) + 1) }
        while try statement.step() {
            guard try body(statement) == .next else { return }
        }
    }

    enum Step { case next, enough }

    /// The first column of the first row.
    func number(_ sql: String, _ values: [Int64] = []) throws -> Int64? {
        var found: Int64?
        try rows(sql, values) { row in
            found = row.optionalInt64(at: 0)
            return .enough
        }
        return found
    }
}

/// The names behind the integers in a row. An integer never changes its name while the view is open.
final class NameCache {
    private static let capacity = 20_000
    private let sql: String
    private unowned let reader: Reader
    private var names: [Int64: String] = [:]

    init(_ table: String, _ reader: Reader) {
        sql = "SELECT name FROM \(table) WHERE id = ?"
        self.reader = reader
    }

    func name(_ id: Int64) throws -> String {
        if let known = names[id] { return known }
        var found: String?
        try reader.rows(sql, [id]) { row in
            found = row.text(at: 0)
            return .enough
        }
        guard let found else { throw ViewError.damaged("a job refers to the name \(id), which is missing") }
        if names.count >= Self.capacity { names.removeAll(keepingCapacity: true) }
        names[id] = found
        return found
    }
}
