import MartletCore
import MartletView
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("A damaged file is never read as another one")
struct DamageTests {
    private static let page = 4096

    private enum Damage: UInt64, CaseIterable {
        case flippedBit, zeroedPage, copiedPage, movedBytes

        func apply(to bytes: inout [UInt8], _ chance: (UInt64) -> Int) {
            let pages = bytes.count / DamageTests.page
            switch self {
            case .flippedBit:
                let bit = chance(1) % (bytes.count * 8)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            case .zeroedPage:
                let page = chance(1) % pages
                bytes.replaceSubrange(
                    page * DamageTests.page..<(page + 1) * DamageTests.page,
                    with: repeatElement(0, count: DamageTests.page))
            case .copiedPage:
                let (from, to) = (chance(1) % pages, chance(2) % pages)
                bytes.replaceSubrange(
                    to * DamageTests.page..<(to + 1) * DamageTests.page,
                    with: Array(bytes[from * DamageTests.page..<(from + 1) * DamageTests.page]))
            case .movedBytes:
                let place = chance(1) % (bytes.count - 64)
                bytes.replaceSubrange(place..<place + 32, with: Array(bytes[place + 32..<place + 64]))
            }
        }
    }

    @Test("A changed bit, page or value is refused, or not part of what is read", arguments: 0..<4 as Range<UInt64>)
    func damagedPages(kind: UInt64) async throws {
        let folder = try TemporaryFolder()
        let story = Story(seed: 5, entries: 150)
        let view = try View(path: folder.view, incarnation: "log")
        for entry in story.entries { view.project(entry.events, at: entry.position) }
        let long = subject(UInt64(story.jobs.count) + 1)
        let payload = [UInt8](repeating: 7, count: 30_000)
        view.project([submitted(long, payload: payload)], at: position(UInt64(story.entries.count) + 1))
        let expected = try await Account(of: view, jobs: story.jobs.count + 1)
        await view.close()
        let whole = try readFile(folder.view)
        let damage = try #require(Damage(rawValue: kind))
        var found = 0

        for round in 1...150 as ClosedRange<UInt64> {
            var bytes = whole
            damage.apply(to: &bytes) { Int(SplitMix64.mix(kind << 32 | round << 8 | $0) >> 2) }
            guard bytes != whole else { continue }
            let path = folder.path + "/copy.db"
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            try writeFile(path, bytes)
            do {
                #expect(try await account(of: path, story) == expected, "\(damage), round \(round)")
            } catch {
                found += 1
                if case .damaged = error as? ViewError { continue }
                Issue.record("\(damage), round \(round): \(error)")
            }
        }
        #expect(found > 30)
    }

    @Test("A file that was cut off within the payload that it ends with is refused: what is missing is not zeros")
    func cutOff() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1), payload: [UInt8](repeating: 7, count: 40_800))], at: position(1))
        try await view.flush()
        await view.close()
        let whole = try readFile(folder.view)
        try #require(whole.suffix(Self.page).count { $0 == 7 } > 2_000)

        for missing in stride(from: 1, to: Self.page, by: 97) {
            let path = folder.path + "/copy.db"
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            try writeFile(path, Array(whole.dropLast(missing)))
            await #expect(throws: ViewError.self, "\(missing) bytes are missing") {
                let cut = try View(path: path, incarnation: "log")
                _ = try await cut.job(subject(1).id)
                await cut.close()
            }
        }
    }

    @Test("A write-ahead log that is damaged where it was moved into the file already is refused")
    func damagedBehindTheCheckpoint() async throws {
        let folder = try TemporaryFolder()
        let story = Story(seed: 6, entries: 150)
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        for (index, entry) in story.entries.enumerated() {
            view.project(entry.events, at: entry.position)
            if index % 10 == 0 { try await view.flush() }
        }
        _ = try await view.makeDurable()
        let expected = try await Account(of: view, jobs: story.jobs.count)
        let (file, ahead) = (try readFile(folder.view), try readFile(folder.view + "-wal"))
        await view.close()
        try #require(!ahead.isEmpty)
        var found = 0

        for round in 1...50 as ClosedRange<UInt64> {
            var bytes = ahead
            bytes[Int(SplitMix64.mix(round) % UInt64(ahead.count))] ^= 1
            try lay(file, bytes, in: folder)
            do {
                let copy = try View(path: folder.path + "/copy.db", incarnation: "log", lag: .seconds(600))
                for entry in story.entries.dropFirst(Int(copy.position.position)) {
                    copy.project(entry.events, at: entry.position)
                }
                let account = try await Account(of: copy, jobs: story.jobs.count)
                await copy.close()
                #expect(account == expected, "round \(round)")
            } catch ViewError.damaged {
                found += 1
            }
        }
        #expect(found > 25)
    }

    private func lay(_ file: [UInt8], _ ahead: [UInt8], in folder: TemporaryFolder) throws {
        let path = folder.path + "/copy.db"
        unlink(path + "-shm")
        try writeFile(path, file)
        try writeFile(path + "-wal", ahead)
    }

    private func account(of path: String, _ story: Story) async throws -> Account {
        let view = try View(path: path, incarnation: "log")
        do {
            let account = try await Account(of: view, jobs: story.jobs.count + 1)
            await view.close()
            return account
        } catch {
            await view.close()
            throw error
        }
    }
}
