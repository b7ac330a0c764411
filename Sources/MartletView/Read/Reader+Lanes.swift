internal import MartletCore
internal import MartletSQLite

/// Pages of waiting jobs in the order of their lanes.
extension Reader {
    /// From `request.from` on, itself included; at least one job when there is one.
    func page(_ request: PageRequest) throws -> (jobs: [Job], isLast: Bool) {
        var page = Page(request)
        let number = Int64(clamping: request.from.number)
        switch request.lane {
        case .queue(let name):
            guard let queue = try queueID(name) else { return ([], true) }
            // Rank by rank: within one, the index ends in the number, so that no row is skipped over.
            for rank in 0...9 where UInt64(rank) >= request.from.rank && !page.isFull {
                let from = UInt64(rank) == request.from.rank ? number : 0
                try fill(&page, Self.queued, [queue, Int64(rank), from])
            }
        case .timers:
            let due = Int64(clamping: request.from.rank)
            try fill(&page, Self.dueAt, [due, number])
            if !page.isFull { try fill(&page, Self.dueAfter, [due]) }
        }
        return (page.jobs, !page.isFull)
    }

    func queueID(_ name: String) throws -> Int64? { try id(of: name, in: "SELECT id FROM queues WHERE name = ?") }

    func kindID(_ name: String) throws -> Int64? { try id(of: name, in: "SELECT id FROM kinds WHERE name = ?") }

    package static let queued =
        "SELECT \(JobRow.columns) FROM jobs INDEXED BY jobs_queued "
        + "WHERE state = 2 AND queue = ? AND rank = ? AND number >= ? ORDER BY number"
    package static let dueAt =
        "SELECT \(JobRow.columns) FROM jobs INDEXED BY jobs_due "
        + "WHERE \(Schema.isTimed) AND max(due, 0) = ? AND number >= ? ORDER BY number"
    package static let dueAfter =
        "SELECT \(JobRow.columns) FROM jobs INDEXED BY jobs_due "
        + "WHERE \(Schema.isTimed) AND max(due, 0) > ? ORDER BY max(due, 0), number"

    /// Jobs until a bound is reached; the first that does not fit tells that there are more.
    private struct Page {
        private(set) var jobs: [Job] = []
        private(set) var isFull = false
        private var bytes = 0
        private let request: PageRequest

        init(_ request: PageRequest) { self.request = request }

        mutating func add(_ job: Job) {
            bytes += job.payload.count
            if !jobs.isEmpty, jobs.count >= request.jobs || bytes > request.bytes { return isFull = true }
            jobs.append(job)
        }
    }

    private func fill(_ page: inout Page, _ sql: String, _ values: [Int64]) throws {
        try rows(sql, values) { row in
            page.add(try JobRow.record(row, .withPayload, self).job)
            return page.isFull ? .enough : .next
        }
    }

    private func id(of name: String, in sql: String) throws -> Int64? {
        let statement = try statement(sql)
        defer { statement.reset() }
        statement.bind(name, at: 1)
        return try statement.step() ? statement.int64(at: 0) : nil
    }
}
