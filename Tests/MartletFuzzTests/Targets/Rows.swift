import MartletCore
import MartletSQLite

@testable import MartletView

extension FuzzTarget {
    /// A view whose file holds rows of any content: each read answers or says that the view is damaged, a node starts
    /// from it or does not, and the writer goes on or stops.
    static let rows = FuzzTarget("rows", longest: 768) {
        Samples.noise(12, of: 300)
    } check: { input in
        var supply = Supply(input)
        try ScratchView.lend { view in
            let rows = try ScratchRows(view.database)
            while !supply.isEmpty { try rows.add(&supply) }
            try read(view.reader)
            refused { try view.write([[.leaderStarted(epoch: 1)], []]) }
            do {
                var partition = try view.start()
                try view.fill(&partition)
            } catch is ViewError {
                return
            }
        }
    }

    private static func read(_ reader: Reader) throws {
        for number in 1...3 as ClosedRange<UInt64> {
            refused { _ = try reader.job(ScratchRows.id(number), .whole) }
            refused { _ = try reader.history(of: ScratchRows.id(number)) }
            refused { _ = try reader.waitingJob(ScratchRows.id(number)) }
        }
        refused { _ = try reader.keys(["k", "l"]) }
        refused { _ = try reader.queues() }
        for state in [JobState.queued, .scheduled, .running, .succeeded] {
            refused { _ = try reader.jobs(JobQuery(state: state, limit: 2)) }
        }
        refused { _ = try reader.jobs(JobQuery(queue: "a", kind: "x", submittedAfter: Timestamp(microseconds: 5))) }
    }

    /// The outcome is free; that there is one is what counts.
    private static func refused(_ body: () throws -> Void) {
        do { try body() } catch { _ = ViewError(error).description }
    }
}

/// Rows as they might stand in a file that was damaged, or written by someone else.
struct ScratchRows {
    private let inserts: [Statement]
    private let view: Statement

    init(_ database: Database) throws {
        inserts = try [("jobs", 21), ("queues", 9), ("kinds", 3), ("keys", 5), ("clients", 3), ("payloads", 2)].map {
            let values = Array(repeating: "?", count: $0.1).joined(separator: ",")
            return try database.prepare("INSERT OR REPLACE INTO \($0.0) VALUES (\(values))")
        }
        view = try database.prepare(
            "UPDATE view SET position = ?, hash = ?, time = ?, epoch = ?, next_number = ?, next_token = ?, keys = ?")
    }

    static func id(_ number: UInt64) -> JobID { JobID(high: 0x7000, low: 1 << 63 | number) }

    func add(_ supply: inout Supply) throws {
        let kind = supply.below(10)
        if kind == 9 { return try addView(&supply) }
        let table = kind > 5 ? 0 : kind
        let statement = inserts[table]
        defer { statement.clearBindings() }
        switch table {
        case 0: bindJob(statement, &supply)
        case 1, 2:
            statement.bind(Int64(1 + supply.below(2)), at: 1)
            statement.bind(supply.pick(table == 1 ? ["a", "b"] : ["x", "y"]), at: 2)
            for column in 3...(table == 1 ? 9 : 3) { statement.bind(supply.integer(), at: Int32(column)) }
        case 3:
            statement.bind(supply.integer(), at: 1)
            statement.bind(supply.pick(["k", "l"]), at: 2)
            statement.bind(supply.integer(), at: 3)
            statement.bind(supply.flag() ? PackedColumns.encode(high: 1, low: 2) : supply.some(20), at: 4)
            statement.bind(supply.integer(), at: 5)
        case 4:
            statement.bind(supply.flag() ? PackedColumns.encode(high: 0, low: 1) : supply.some(20), at: 1)
            statement.bind(supply.integer(), at: 2)
            statement.bind([1] + supply.some(60), at: 3)
        default:
            statement.bind(supply.integer(), at: 1)
            statement.bind(supply.some(20), at: 2)
        }
        try run(statement)
    }

    private func bindJob(_ statement: Statement, _ supply: inout Supply) {
        let number = UInt64(1 + supply.below(3))
        let id = Self.id(number)
        statement.bind(supply.below(8) == 0 ? supply.integer() : Int64(number), at: 1)
        statement.bind(supply.below(8) == 0 ? supply.some(20) : PackedColumns.encode(high: id.high, low: id.low), at: 2)
        for column in 3...4 as ClosedRange<Int32> { statement.bind(Int64(1 + supply.below(2)), at: column) }
        statement.bind(supply.below(8) == 0 ? supply.integer() : Int64(1 + supply.below(7)), at: 5)
        statement.bind(supply.below(8) == 0 ? supply.integer() : Int64(supply.below(10)), at: 6)
        for column in 7...14 as ClosedRange<Int32> { bind(supply.integer(), column, statement, &supply) }
        if supply.flag() {
            let hold = PackedColumns.Hold(session: SessionID(high: 1, low: 1), timesOut: nil)
            statement.bind(supply.below(4) == 0 ? [1] + supply.some(40) : PackedColumns.encode(hold), at: 15)
        }
        bind(supply.integer(), 16, statement, &supply)
        for column in 17...20 as ClosedRange<Int32> where supply.flag() {
            statement.bind([1] + supply.some(40), at: column)
        }
        statement.bind(supply.below(2) == 0 ? [] : [1] + supply.some(60), at: 21)
    }

    /// Null where the table allows it.
    private func bind(_ value: Int64, _ column: Int32, _ statement: Statement, _ supply: inout Supply) {
        let mayBeNull = [7, 12, 13, 14, 16].contains(column)
        if mayBeNull, supply.flag() { return }
        statement.bind(value, at: column)
    }

    private func addView(_ supply: inout Supply) throws {
        statementsOfView(&supply)
        try run(view)
    }

    private func statementsOfView(_ supply: inout Supply) {
        // The log's end is compared with the position before anything is written.
        view.bind(Int64(supply.byte()), at: 1)
        view.bind([UInt8](repeating: 1, count: supply.below(8) == 0 ? 31 : 32), at: 2)
        for column in 3...7 as ClosedRange<Int32> { view.bind(supply.integer(), at: column) }
    }

    /// SQLite itself refuses some rows.
    private func run(_ statement: Statement) throws {
        do { try statement.run() } catch  where error.isConstraint { return }
    }
}
