import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting
import Testing

@Suite("Forgetting in SQLite")
struct ForgettingTests {
    @Test("A step is short, however much there is to forget")
    func stepsAreShort() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 600)
        #expect(try await log.excess(over: 0) == 256, "by the number of entries")
        try await log.keep(Checkpoint(position: 600, hash: chain.head.hash, body: []))
        try await log.forget(through: 599)
        #expect(try await log.excess(over: 0) == nil, "the last entry stays")
        _ = try await log.fill(&chain, 5, body: [UInt8](repeating: 5, count: 1 << 20))
        #expect(try await log.excess(over: 0) == 602, "by the bytes: 3, and twice a mebibyte")
        #expect(try await log.excess(over: 5 << 20) == 601, "and no further than is asked for")
        await log.close()
    }

    @Test("A file whose log is closed and opened again and again does not grow, when what is too much is forgotten")
    func shortLives() async throws {
        let scratch = try Scratch()
        var chain = Chain(partition: LogConformance.partition)
        for _ in 0..<15 {
            let log = try await scratch.open()
            _ = try await log.fill(&chain, 20, body: [UInt8](repeating: 6, count: 10_000))
            try await log.keep(Checkpoint(position: chain.head.position, hash: chain.head.hash, body: []))
            while let next = try await log.excess(over: 500_000) { try await log.forget(through: next) }
            await log.close()
        }
        // Three million bytes were written, and what one life writes may be there beside what is kept.
        #expect(try size(of: "log.db", in: scratch) < 900_000)
        let log = try await scratch.open()
        #expect(try await log.head() == chain.head)
        let kept = try await log.verify()
        #expect((25...50).contains(kept))
        await log.close()
    }

    @Test("Forgetting keeps the write-ahead log small, also where SQLite wipes what it deletes")
    func walStaysSmall() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open(walLimit: 1 << 20)
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 200, body: [UInt8](repeating: 1, count: 100_000))
        try await log.keep(Checkpoint(position: 200, hash: chain.head.hash, body: []))
        while let next = try await log.excess(over: 0) { try await log.forget(through: next) }
        #expect(try size(of: "log.db-wal", in: scratch) < 8 << 20)
        #expect(try await log.verify() == 1)
        await log.close()
    }

    private func size(of file: String, in scratch: Scratch) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.log + "/" + file)
        return try #require(attributes[.size] as? Int)
    }
}
