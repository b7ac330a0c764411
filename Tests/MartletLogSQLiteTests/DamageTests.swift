import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting
import MartletSQLite
import Testing

/// A damaged log may refuse; it may never give another state than was acknowledged.
@Suite("A damaged log in SQLite")
struct DamageTests {
    /// A log with entries and a checkpoint in the file, entries in the write-ahead log, and the mark at its head.
    private func sample(in scratch: Scratch) async throws -> (Image, Contents) {
        let first = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        var entries = try await first.fill(&chain, 12, body: [UInt8](repeating: 0x55, count: 900))
        let checkpoint = Checkpoint(position: 11, hash: entries[10].hash, body: [UInt8](repeating: 0x77, count: 3000))
        try await first.keep(checkpoint)
        await first.close()
        let log = try await scratch.open()
        entries += try await log.fill(&chain, 4, body: [UInt8](repeating: 0x66, count: 700))
        entries += try await log.fill(&chain, 1, body: [1])
        try await log.settle()
        let contents = Contents(incarnation: log.incarnation, entries: entries, checkpoint: checkpoint)
        return (try Image(of: scratch.log), contents)
    }

    /// Whether the damaged image was refused. Throws when it is read as something else than it was.
    private func isRefused(
        _ image: Image, _ expected: Contents, in scratch: Scratch, _ what: String
    ) async throws -> Bool {
        let folder = scratch.path + "/damaged"
        try image.write(to: folder)
        let found: Contents
        do throws(LogError) {
            found = try await Contents(of: folder, in: scratch)
        } catch {
            return true
        }
        guard found == expected else {
            throw Unexpected("silently wrong after \(what): \(found.entries.count) entries")
        }
        return false
    }

    /// Closes the file again: it can be opened once.
    private func edit(_ folder: String, _ change: String) throws {
        try Database(path: folder + "/log.db").execute(change)
    }

    @Test(
        "A number in the file that no log has is refused, and does not end the process",
        arguments: [
            "UPDATE checkpoint SET position = -1", "UPDATE checkpoint SET position = -9223372036854775808",
            "UPDATE meta SET start_position = 9223372036854775807", "UPDATE meta SET start_position = -1",
            "UPDATE meta SET partition = -1", "UPDATE entries SET position = -position",
        ])
    func impossibleNumbers(change: String) async throws {
        let scratch = try Scratch()
        _ = try await sample(in: scratch)
        try edit(scratch.log, change)

        let error = await #expect(throws: LogError.self) { try await scratch.open() }
        guard case .damaged = error else {
            Issue.record("refused as \(String(describing: error))")
            return
        }
    }

    @Test("An undamaged image is read as it was")
    func soundIsRead() async throws {
        let scratch = try Scratch()
        let (image, expected) = try await sample(in: scratch)
        #expect(try await isRefused(image, expected, in: scratch, "nothing") == false)
    }

    @Test("One flipped bit is harmless or refused, at 10,000 places")
    func flippedBits() async throws {
        let scratch = try Scratch()
        let (image, expected) = try await sample(in: scratch)
        let seed = UInt64(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? .random(in: 1 ... .max)
        print("flipped bits: SEED=\(seed)")
        var random = SplitMix(state: seed)
        let bits = Image.names.flatMap { name in (0..<(image.files[name]?.count ?? 0)).map { (name, $0) } }
        var refused = 0
        for _ in 0..<10_000 {
            let (name, offset) = bits[Int(random.next() % UInt64(bits.count))]
            let bit = UInt8(1) << UInt8(random.next() % 8)
            var damaged = image
            damaged.files[name]?[offset] ^= bit
            if try await isRefused(damaged, expected, in: scratch, "\(name)[\(offset)] ^ \(bit), SEED=\(seed)") {
                refused += 1
            }
        }
        print("flipped bits: \(refused) of 10000 refused, the others harmless")
        #expect(refused > 1000)
    }

    @Test("The write-ahead log cut short at any byte of its last entries is refused")
    func cutWAL() async throws {
        let scratch = try Scratch()
        let (image, expected) = try await sample(in: scratch)
        let wal = try #require(image.files["log.db-wal"])
        for length in cuts(of: wal.count, last: 4 * 4120) {
            var damaged = image
            damaged.files["log.db-wal"] = Array(wal.prefix(length))
            #expect(try await isRefused(damaged, expected, in: scratch, "cutting the WAL to \(length)"))
        }
    }

    @Test("The database cut short at any byte of its last pages is harmless or refused")
    func cutDatabase() async throws {
        let scratch = try Scratch()
        let (image, expected) = try await sample(in: scratch)
        let file = try #require(image.files["log.db"])
        for length in cuts(of: file.count, last: 3 * 4096) {
            var damaged = image
            damaged.files["log.db"] = Array(file.prefix(length))
            _ = try await isRefused(damaged, expected, in: scratch, "cutting the database to \(length)")
        }
    }

    /// Lengths to cut a file to: some thousand of the last bytes, the first ones, and none.
    private func cuts(of count: Int, last: Int) -> [Int] {
        Array(stride(from: max(0, count - last), to: count, by: 13)) + [count - 1, 0, 1, 31, 32, 33, 100]
    }

    @Test("A log without its write-ahead log, database or mark: only the last is accepted")
    func missingFiles() async throws {
        let scratch = try Scratch()
        let (image, expected) = try await sample(in: scratch)
        for (name, mustRefuse) in [("log.db-wal", true), ("log.db", true), ("log.mark", false)] {
            var damaged = image
            damaged.files[name] = nil
            #expect(try await isRefused(damaged, expected, in: scratch, "removing \(name)") == mustRefuse, "\(name)")
        }
    }

    @Test("An older log under a newer mark is refused with advice, and its files stay as they were")
    func olderLogIsRefused() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 5)
        try await log.settle()
        var old = try Image(of: scratch.log)
        _ = try await log.fill(&chain, 5)
        try await log.settle()
        old.files["log.mark"] = try Image(of: scratch.log).files["log.mark"]
        let folder = scratch.path + "/old"
        try old.write(to: folder)
        let error = await refusal { () throws(LogError) in try await scratch.open(folder) }
        guard case .damaged(position: 6, let reason) = error else { throw Unexpected(error) }
        #expect(reason.contains("up to 10 were acknowledged") && reason.contains("restore the log from a backup"))
        #expect(try Image(of: folder).files == old.files)
    }

    @Test("A checkpoint that was kept and is gone is noticed, though every entry is there")
    func lostCheckpointIsRefused() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 3)
        let before = try Image(of: scratch.log)
        try await log.keep(Checkpoint(position: 3, hash: chain.head.hash, body: [1]))
        try await log.settle()
        var image = try Image(of: scratch.log)
        image.files["log.db-wal"] = before.files["log.db-wal"]
        let folder = scratch.path + "/lost"
        try image.write(to: folder)
        let error = await refusal { () throws(LogError) in try await scratch.open(folder) }
        guard case .damaged(position: 3, let reason) = error else { throw Unexpected(error) }
        #expect(reason.contains("a checkpoint was kept there"))
    }

    @Test("Every entry acknowledged before a crash is there after it, at 60 moments under load")
    func crashImagesUnderLoad() async throws {
        let scratch = try Scratch()
        // Large enough for nothing to move into the file between the copies: a kill stops all at once, copying
        // does not. Then the write-ahead log only grows, and copied after the mark it holds more, never less.
        let log = try await scratch.open(walLimit: 1 << 30)
        var chain = Chain(partition: LogConformance.partition)
        for round in 1...60 {
            let target = chain.head.position + .random(in: 1...25)
            let writing = Task { [chain] in
                var chain = chain
                _ = try await log.fill(&chain, 30, body: [UInt8](repeating: 8, count: 500))
                return chain
            }
            var acknowledged = try await log.head().position
            while acknowledged < target { acknowledged = try await log.head().position }
            let folder = scratch.path + "/crash"
            try Image(of: scratch.log).write(to: folder)
            let found = try await Contents(of: folder, in: scratch)
            #expect(UInt64(found.entries.count) >= acknowledged, "round \(round)")
            chain = try await writing.value
        }
        await log.close()
    }
}

/// SplitMix64: a seed tells all that follows.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
