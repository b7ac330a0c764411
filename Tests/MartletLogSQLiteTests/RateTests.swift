import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting
import Testing

/// Reports, does not judge: `RATE_FOLDER=/on/a/disk swift test -c release --filter appendRate`.
@Suite("The rate of appends", .serialized)
struct RateTests {
    static let folder = ProcessInfo.processInfo.environment["RATE_FOLDER"]

    @Test("Appends a second, median of seven rounds", .enabled(if: folder != nil), arguments: [1000, 100_000])
    func appendRate(size: Int) async throws {
        let folder = try #require(Self.folder) + "/rate-\(size)-\(UUID().uuidString)"
        let log = try await SQLiteLog.open(folder: folder, partition: LogConformance.partition)
        var chain = Chain(partition: LogConformance.partition)
        let body = [UInt8](repeating: 9, count: size)
        let count = size > 10_000 ? 500 : 5000
        var rates: [Int] = []
        for _ in 0..<7 {
            let time = try await ContinuousClock().measure { _ = try await log.fill(&chain, count, body: body) }
            rates.append(Int(Double(count) / (time / .seconds(1))))
        }
        print("appends of \(size) bytes: \(rates.sorted()[3])/s, rounds \(rates)")
        await log.close()
        try FileManager.default.removeItem(atPath: folder)
    }
}
