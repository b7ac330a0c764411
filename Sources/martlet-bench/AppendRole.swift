import ArgumentParser
import MartletHarness
import MartletLog
import MartletLogSQLite

/// Appends entries of one size to a log, with no system around it.
struct AppendRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "append", shouldDisplay: false)

    @Option var folder: String
    @Option var bytes: Int
    @Option var seconds = 3.0

    func run() async throws {
        let log = try await SQLiteLog.open(folder: folder, partition: 0)
        let body = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        var head = try await log.head()
        var appends = 0
        let first = monotonicNanoseconds()
        let end = first + UInt64(seconds * 1e9)
        while monotonicNanoseconds() < end {
            let header = EntryHeader(
                partition: 0, position: head.position + 1, epoch: 1, nonce: UInt64(appends), previous: head.hash,
                time: Int64(appends))
            let entry = Entry(header: header, body: body)
            guard case .committed = await log.append(entry) else {
                throw HarnessError("append \(appends) was not committed")
            }
            head = LogHead(position: header.position, hash: entry.hash, epoch: 1, time: header.time)
            appends += 1
        }
        try writeReport(
            try ClientReport(jobs: appends, firstSubmit: first, lastAnswer: monotonicNanoseconds()))
        await log.close()
    }
}
