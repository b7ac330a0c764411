internal import Martlet

/// Submits a file of jobs, a batch at a time, a few batches under way.
struct BulkSubmission {
    let file: InputFile
    let asJSON: Bool

    private static let jobsPerBatch = 1000
    private static let bytesPerBatch = 1 << 20
    private static let batchesInFlight = 4
    /// A payload of 8 MiB in base64, and what is around it.
    private static let lineLimit = 12 << 20

    /// Jobs that are submitted together, and the lines that they came from.
    struct Batch: Sendable {
        var index: Int
        var jobs: [RawJob] = []
        var lines: [Int] = []
        var bytes = 0
    }

    /// What has become of the batches so far.
    private struct Account {
        var submitted = 0
        var requests = 0
        var failure: CommandError?
        /// Batches that were answered before an earlier one.
        var early: [Int: [(line: Int, id: String)]] = [:]
        var nextToPrint = 0
    }

    func run(over connection: ConnectionOptions) async throws {
        let start = ContinuousClock.now
        let address = try connection.address()
        let account = try await connection.withClient { client in
            try await submit(with: client, server: address)
        }
        let took = DurationText.format(.milliseconds(Int((ContinuousClock.now - start) / .milliseconds(1))))
        Console.complain("\(account.submitted) jobs submitted in \(account.requests) requests, \(took)")
        if let failure = account.failure { throw failure }
    }

    private func submit(with client: MartletClient, server: ServerAddress) async throws -> Account {
        typealias Answer = (batch: Batch, ids: Result<[String], CommandError>)
        var reader = BatchReader(LineReader(file, limit: Self.lineLimit))
        var account = Account()
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var inFlight = 0
            while true {
                var next: Batch?
                if account.failure == nil {
                    do throws(CommandError) {
                        next = try reader.next(jobs: Self.jobsPerBatch, bytes: Self.bytesPerBatch)
                    } catch {
                        account.failure = error
                    }
                }
                if let batch = next {
                    inFlight += 1
                    group.addTask {
                        do {
                            return (batch, .success(try await client.submit(batch.jobs).map(\.id)))
                        } catch {
                            return (batch, .failure(batch.failure(error, server: server)))
                        }
                    }
                }
                guard inFlight > 0 else { return }
                if next == nil || inFlight == Self.batchesInFlight, let (batch, ids) = try await group.next() {
                    inFlight -= 1
                    try record(ids, of: batch, in: &account)
                }
            }
        }
        return account
    }

    private func record(
        _ ids: Result<[String], CommandError>, of batch: Batch, in account: inout Account
    ) throws(CommandError) {
        switch ids {
        case .failure(let error):
            account.failure = account.failure ?? error
            account.early[batch.index] = []
        case .success(let ids):
            account.submitted += ids.count
            account.requests += 1
            account.early[batch.index] = Array(zip(batch.lines, ids).map { (line: $0, id: $1) })
        }
        while let ready = account.early.removeValue(forKey: account.nextToPrint) {
            account.nextToPrint += 1
            for (line, id) in ready {
                let object = JSONValue.object([("id", .string(id)), ("line", .integer(Int64(line)))])
                try Console.standard.print(asJSON ? object.text : id)
            }
        }
    }
}

/// Reads the next jobs that travel together.
struct BatchReader {
    private var lines: LineReader
    private var batches = 0
    /// Read already, but too large for the batch before.
    private var held: (job: RawJob, line: Int)?

    init(_ lines: LineReader) { self.lines = lines }

    /// Nil at the end. An error names the line and the field, and nothing of its batch is submitted.
    mutating func next(jobs: Int, bytes: Int) throws(CommandError) -> BulkSubmission.Batch? {
        var batch = BulkSubmission.Batch(index: batches)
        while batch.jobs.count < jobs, let (job, line) = try nextJob(after: batch) {
            let size = job.payload.count + job.kind.utf8.count + 64
            guard batch.jobs.isEmpty || batch.bytes + size <= bytes else {
                held = (job, line)
                break
            }
            batch.jobs.append(job)
            batch.lines.append(line)
            batch.bytes += size
        }
        batches += 1
        return batch.jobs.isEmpty ? nil : batch
    }

    private mutating func nextJob(after batch: BulkSubmission.Batch) throws(CommandError) -> (RawJob, Int)? {
        if let held {
            self.held = nil
            return held
        }
        let rest = batch.lines.first.map { "; nothing was submitted from line \($0) on" } ?? ""
        do {
            while let line = try lines.next() {
                // A line of nothing is no job, and no mistake.
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                return (try JobLine.read(line), lines.number)
            }
            return nil
        } catch let fault as JobLine.Fault {
            let field = fault.field.map { "\($0): " } ?? ""
            throw CommandError("line \(lines.number): \(field)\(fault.message)\(rest)", .refused)
        } catch let error as LineReader.TooLong {
            throw CommandError("line \(error.line) is longer than any job can be\(rest)", .refused)
        } catch {
            throw error as? CommandError ?? CommandError("\(error)", .software)
        }
    }
}

extension BulkSubmission.Batch {
    /// The server names a job by its place in the batch; a person counts lines.
    fileprivate func failure(_ error: any Error, server: ServerAddress) -> CommandError {
        var failure = CommandError(error, server: server)
        let first = lines.first ?? 0
        let last = lines.last ?? 0
        if let field = (error as? MartletError)?.field, field.hasPrefix("jobs["),
            let index = Int(field.dropFirst(5).prefix { $0.isNumber }), lines.indices.contains(index)
        {
            failure.message = "line \(lines[index]): \(failure.message)"
        }
        failure.message += "; lines \(first) to \(last) were not submitted"
        if failure.status == .tryAgain, (error as? MartletError)?.code == .outcomeUnknown {
            failure.message = "lines \(first) to \(last): \(CommandError(error, server: server).message)"
        }
        return failure
    }
}
