internal import MartletCore
internal import MartletSQLite

/// Turns a row of `jobs` into a record. Whatever cannot have been written is damage, and is said to be.
enum JobRow {
    static let columns = summary + ", payload, result"

    /// What a list shows. SQLite reads with each step all that is selected, however many pages a value goes over and
    /// whether or not it is then looked at: what may be long is left alone only by not being selected.
    private static let summary =
        "number, id, queue, kind, state, rank, due, submitted, attempt, failures, losses, token, started, finished, "
        + "lease, leased_until, policy, failure"

    static let summaryByNumber = "SELECT \(summary) FROM jobs WHERE number = ?"

    /// Which of the long columns are wanted; a summary is read of a row without them.
    enum Extent { case whole, withPayload, summary }

    static func record(_ row: Statement, _ extent: Extent, _ reader: Reader) throws -> JobRecord {
        let number = row.uint64(at: 0)
        do {
            return try decode(row, number, extent, reader)
        } catch let error as MalformedBytes {
            throw ViewError.damaged("job number \(number): \(error)")
        }
    }

    private static func decode(
        _ row: Statement, _ number: UInt64, _ extent: Extent, _ reader: Reader
    ) throws -> JobRecord {
        let (high, low) = try unpack(row, 1, PackedColumns.decodeHalves)
        let policy = row.isNull(at: 16) ? PackedColumns.Policy() : try unpack(row, 16, PackedColumns.decodePolicy)
        guard let state = JobState(rawValue: UInt8(clamping: row.int64(at: 4))) else {
            throw MalformedBytes(description: "state \(row.int64(at: 4))")
        }
        let due = row.timestamp(at: 6)
        let lease = try lease(row)
        try check(row, state, due, lease)
        let job = Job(
            subject: Subject(
                id: JobID(high: high, low: low), number: number, queue: try reader.queueNames.name(row.int64(at: 2))),
            kind: try reader.kindNames.name(row.int64(at: 3)),
            payload: extent == .summary ? [] : try payload(row, number, reader),
            priority: UInt8(9 - row.int64(at: 5)), timeout: policy.timeout, retry: policy.retry,
            traceparent: policy.traceparent, submittedAt: Timestamp(microseconds: row.int64(at: 7)), state: state,
            due: due, attempt: Int(row.int64(at: 8)), failures: Int(row.int64(at: 9)),
            losses: Int(row.int64(at: 10)), lease: lease)
        return JobRecord(
            job: job, result: extent == .whole ? row.optionalBytes(at: 19) : nil,
            failure: row.isNull(at: 17) ? nil : try unpack(row, 17, PackedColumns.decodeFailure),
            startedAt: row.timestamp(at: 12), finishedAt: row.timestamp(at: 13),
            idempotencyKey: policy.idempotencyKey, lastToken: token(row))
    }

    /// What a partition counts on.
    private static func check(
        _ row: Statement, _ state: JobState, _ due: Timestamp?, _ lease: Lease?
    ) throws(MalformedBytes) {
        func hold(_ holds: Bool, _ what: @autoclosure () -> String) throws(MalformedBytes) {
            guard holds else { throw MalformedBytes(description: what()) }
        }
        try hold((1..<Int64.max).contains(row.int64(at: 0)), "a number that none has")
        try hold((0...9).contains(row.int64(at: 5)), "rank \(row.int64(at: 5))")
        for column in 8...10 as ClosedRange<Int32> {
            try hold((0...Int64(UInt32.max)).contains(row.int64(at: column)), "\(row.int64(at: column)) attempts")
        }
        try hold((state == .scheduled || state == .retrying) == (due != nil), "\(state) with or without a due time")
        try hold((state == .running) == (lease != nil), "\(state) with or without a lease")
    }

    private static func payload(_ row: Statement, _ number: UInt64, _ reader: Reader) throws -> [UInt8] {
        if let inline = row.optionalBytes(at: 18) { return inline }
        var found: [UInt8]?
        try reader.rows("SELECT payload FROM payloads WHERE number = ?", [Int64(bitPattern: number)]) { row in
            found = row.bytes(at: 0)
            return .enough
        }
        guard let found else { throw MalformedBytes(description: "its payload is missing") }
        return found
    }

    private static func lease(_ row: Statement) throws -> Lease? {
        guard !row.isNull(at: 14) else { return nil }
        let hold = try unpack(row, 14, PackedColumns.decodeHold)
        guard let token = token(row) else { throw MalformedBytes(description: "a lease without a token") }
        return Lease(token: token, session: hold.session, until: row.timestamp(at: 15), timesOut: hold.timesOut)
    }

    private static func token(_ row: Statement) -> FencingToken? {
        row.isNull(at: 11) ? nil : FencingToken(row.uint64(at: 11))
    }

    static func unpack<Value>(
        _ row: Statement, _ column: Int32, _ decode: (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
    ) throws(MalformedBytes) -> Value {
        try row.withBytes(at: column, decode)
    }
}

extension Statement {
    func timestamp(at column: Int32) -> Timestamp? { optionalInt64(at: column).map(Timestamp.init(microseconds:)) }
}
