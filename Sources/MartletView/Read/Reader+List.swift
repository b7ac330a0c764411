internal import MartletCore
internal import MartletSQLite

/// Lists of jobs, newest first.
extension Reader {
    /// What remains to be tested on each row that is looked at.
    private struct Filter {
        /// All that is read of a row that is stepped over. They stand at a row's begin: whatever is long is left alone.
        static let columns = "number, queue, kind, state, submitted"
        static let byNumber = "SELECT \(columns) FROM jobs WHERE number = ?"

        var queue: Int64?
        var kind: Int64?
        var state: Int64?
        var before: Int64?

        func admits(_ row: Statement) -> Bool {
            if let queue, row.int64(at: 1) != queue { return false }
            if let kind, row.int64(at: 2) != kind { return false }
            if let state, row.int64(at: 3) != state { return false }
            if let before, Self.submitted(row) >= before { return false }
            return true
        }

        static func submitted(_ row: Statement) -> Int64 { row.int64(at: 4) }
    }

    /// Where the rows come from, newest first.
    private enum Source {
        case walk
        /// The rows of one of the states that few jobs are in, by an index.
        case rareState(Int64)
        /// Few enough to be sorted: their numbers, newest first.
        case numbers([Int64])
    }

    func jobs(_ query: JobQuery) throws -> JobPage {
        var filter = Filter(state: query.state.map { Int64($0.rawValue) }, before: query.submittedBefore?.microseconds)
        if let queue = query.queue {
            guard let id = try queueID(queue) else { return JobPage(jobs: [], next: nil) }
            filter.queue = id
        }
        if let kind = query.kind {
            guard let id = try kindID(kind) else { return JobPage(jobs: [], next: nil) }
            filter.kind = id
        }
        var page = PageInProgress(query)
        let below = query.after.map { Int64(clamping: $0) } ?? .max
        let look = { (row: Statement) throws -> Step in
            // Times never fall along the numbers: everything further on is older still.
            if let after = query.submittedAfter, Filter.submitted(row) < after.microseconds { return .enough }
            return try page.look(at: row, filter.admits(row), self)
        }
        switch try source(query, filter, below: below) {
        case .walk:
            try rows("SELECT \(Filter.columns) FROM jobs WHERE number < ? ORDER BY number DESC", [below], look)
        case .rareState(let state):
            let sql =
                "SELECT \(Filter.columns) FROM jobs INDEXED BY jobs_rare "
                + "WHERE state = \(state) AND \(Schema.isRare) AND number < ? ORDER BY number DESC"
            try rows(sql, [below], look)
        case .numbers(let numbers):
            for number in numbers where !page.isOver { try rows(Filter.byNumber, [number], look) }
        }
        return JobPage(jobs: page.jobs, next: page.next)
    }

    private struct PageInProgress {
        var jobs: [JobRecord] = []
        var next: UInt64?
        var isOver: Bool { next != nil }
        private var looked = 0
        private let limit: Int
        private let scanLimit: Int

        init(_ query: JobQuery) {
            limit = max(1, query.limit)
            scanLimit = max(1, query.scanLimit)
        }

        /// A match beyond the limit shows that there is a next page; so does reaching the scan limit.
        mutating func look(at row: Statement, _ isMatch: Bool, _ reader: Reader) throws -> Step {
            looked += 1
            if isMatch, jobs.count == limit {
                next = jobs.last?.job.subject.number
                return .enough
            }
            if isMatch { jobs.append(try reader.summary(of: row.int64(at: 0))) }
            guard looked < scanLimit else {
                next = row.uint64(at: 0)
                return .enough
            }
            return .next
        }
    }

    /// The record of a row that was found in this snapshot, as a list shows it.
    private func summary(of number: Int64) throws -> JobRecord {
        var found: JobRecord?
        try rows(JobRow.summaryByNumber, [number]) { row in
            found = try JobRow.record(row, .summary, self)
            return .enough
        }
        guard let found else { throw ViewError.damaged("job number \(number) is in an index alone") }
        return found
    }

    private func source(_ query: JobQuery, _ filter: Filter, below: Int64) throws -> Source {
        guard let state = query.state else { return .walk }
        switch state {
        case .running, .dead, .cancelled:
            return .rareState(Int64(state.rawValue))
        case .queued:
            let (count, sql, values) =
                if let queue = filter.queue {
                    (
                        try number("SELECT queued FROM queues WHERE id = ?", [queue]),
                        "SELECT number FROM jobs INDEXED BY jobs_queued WHERE state = 2 AND queue = ? AND number < ?",
                        [queue, below]
                    )
                } else {
                    (
                        try number("SELECT sum(queued) FROM queues"),
                        "SELECT number FROM jobs INDEXED BY jobs_queued WHERE state = 2 AND number < ?", [below]
                    )
                }
            return try numbers(sql, values, count: count, query)
        case .scheduled, .retrying:
            return try numbers(
                "SELECT number FROM jobs INDEXED BY jobs_due WHERE \(Schema.isTimed) AND number < ?", [below],
                count: try number("SELECT sum(scheduled + retrying) FROM queues"), query)
        case .succeeded:
            return try numbers(
                "SELECT number FROM jobs INDEXED BY jobs_finished WHERE finished IS NOT NULL AND number < ?", [below],
                count: try number("SELECT sum(succeeded + dead + cancelled) FROM queues"), query)
        }
    }

    /// All in an index that is short; a long one is better walked past, in the order of the numbers.
    private func numbers(_ sql: String, _ values: [Int64], count: Int64?, _ query: JobQuery) throws -> Source {
        guard count ?? 0 <= query.scanLimit else { return .walk }
        var found: [Int64] = []
        try rows(sql, values) { row in
            found.append(row.int64(at: 0))
            return .next
        }
        return .numbers(found.sorted(by: >))
    }
}
