import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting
import MartletSQLite
import Testing

@Suite("The log in SQLite")
struct SQLiteLogTests {
    @Test("The log in SQLite keeps the law:", arguments: LogConformance.laws)
    func keeps(_ law: LogLaw) async throws {
        try await law.hold(SQLiteFixture(scratch: Scratch()))
    }

    @Test("A second opener is told that the log is held")
    func secondOpenerIsRefused() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        let error = await refusal { () throws(LogError) in try await scratch.open() }
        guard case .held = error else { throw Unexpected(error) }
        await log.close()
        await (try scratch.open()).close()
    }

    @Test("A file of a newer release is refused with both versions")
    func newerVersionIsRefused() async throws {
        let scratch = try Scratch()
        await (try scratch.open()).close()
        try Database(path: scratch.log + "/log.db").execute("PRAGMA user_version = 2")
        let error = await refusal { () throws(LogError) in try await scratch.open() }
        #expect(error == .newerVersion(found: 2, supported: 1))
    }

    @Test("A foreign database, a text file and a log of another partition are refused")
    func foreignIsRefused() async throws {
        let scratch = try Scratch()
        let file = scratch.log + "/log.db"
        try FileManager.default.createDirectory(atPath: scratch.log, withIntermediateDirectories: false)
        try Database(path: file).execute("CREATE TABLE mine (x); PRAGMA application_id = 5")
        let foreign = await refusal { () throws(LogError) in try await scratch.open() }
        #expect(foreign?.description.contains("is not a Martlet log") == true)
        try Data(repeating: 65, count: 9000).write(to: URL(fileURLWithPath: file))
        let text = await refusal { () throws(LogError) in try await scratch.open() }
        guard case .damaged(position: 0, _) = text else { throw Unexpected(text) }
        let other = scratch.path + "/other"
        await (try scratch.open(other)).close()
        let partition = await refusal { () throws(LogError) in try await SQLiteLog.open(folder: other, partition: 8) }
        #expect(partition?.description.contains("of partition 7, not 8") == true)
    }

    @Test("A folder or file that cannot be used is named in the refusal")
    func unusablePathsAreNamed() async throws {
        let scratch = try Scratch()
        let orphan = scratch.path + "/no/parent"
        let missing = await refusal { () throws(LogError) in try await scratch.open(orphan) }
        #expect(missing == .engine("cannot make the folder \(orphan): No such file or directory"))
        let file = scratch.path + "/file"
        try Data().write(to: URL(fileURLWithPath: file))
        let noFolder = await refusal { () throws(LogError) in try await scratch.open(file) }
        #expect(noFolder == .engine("\(file) is not a folder"))
        let inside = scratch.log + "/log.db"
        try FileManager.default.createDirectory(atPath: inside, withIntermediateDirectories: true)
        let noFile = await refusal { () throws(LogError) in try await scratch.open() }
        #expect(noFile == .engine("\(inside) is not a file"))
    }

    @Test("The folder and its files are their owner's alone, and there is no shared memory file")
    func filesArePrivate() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open(reserve: 1 << 20)
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.log).sorted()
        #expect(names == ["log.db", "log.db-wal", "log.mark", "reserve"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.log + "/" + name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        let folder = try FileManager.default.attributesOfItem(atPath: scratch.log)
        #expect(folder[.posixPermissions] as? Int == 0o700)
        await log.close()
    }

    @Test("What another process left in the write-ahead log is written anew before anything is appended behind it")
    func takesOver() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 5)
        let image = try Image(of: scratch.log)
        await log.close()
        let copy = scratch.path + "/copy"
        try image.write(to: copy)
        #expect(image.files["log.db-wal"]?.isEmpty == false)

        let again = try await scratch.open(copy)

        #expect(try Image(of: copy).files["log.db-wal"]?.isEmpty == true)
        #expect(try await again.head().position == 5)
        await again.close()
    }

    @Test("A whole log is verified, and one altered byte in the middle is not")
    func verifyFindsDamage() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 300, body: [UInt8](repeating: 0xAB, count: 1000))
        #expect(try await log.verify() == 300)
        await log.close()
        var image = try Image(of: scratch.log)
        let bytes = try #require(image.files["log.db"])
        let rest = bytes.indices.dropFirst(bytes.count / 2)
        let middle = try #require(rest.first { bytes[$0...].prefix(50).allSatisfy { $0 == 0xAB } })
        image.files["log.db"]?[middle] = 0xAA
        try image.write(to: scratch.log)
        let damaged = try await scratch.open()
        let error = await refusal { () throws(LogError) in try await damaged.verify() }
        guard case .damaged(let position, _) = error else { throw Unexpected(error) }
        #expect(position > 1 && position < 300)
        guard case .unknown(.stopped) = await damaged.append(chain.entry()) else {
            throw Unexpected("a damaged log accepts entries")
        }
    }

    @Test("The write-ahead log is emptied under load and the log goes on")
    func walStaysSmall() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open(walLimit: 1 << 20)
        var chain = Chain(partition: LogConformance.partition)
        let entries = try await log.fill(&chain, 100, body: [UInt8](repeating: 1, count: 100_000))
        let wal = try FileManager.default.attributesOfItem(atPath: scratch.log + "/log.db-wal")
        #expect(try #require(wal[.size] as? Int) < 3 << 20)
        #expect(try await log.readAll() == entries)
        await log.close()
    }

    @Test("Two thousand entries are forgotten in parts while appends go on")
    func forgettingIsShared() async throws {
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        _ = try await log.fill(&chain, 2000)
        try await log.keep(Checkpoint(position: 2000, hash: chain.head.hash, body: [1]))
        async let forgotten: Void = log.forget(through: 1999)
        let more = try await log.fill(&chain, 50)
        try await forgotten
        #expect(try await log.readAll(from: 2001) == more)
        #expect(try await log.verify() == 51)
        await log.close()
    }
}

/// The error of `body`, or nil when it has none.
func refusal<Value>(_ body: () async throws(LogError) -> Value) async -> LogError? {
    do throws(LogError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ value: some Any) { description = "unexpected: \(value)" }
}

private struct SQLiteFixture: LogFixture {
    let scratch: Scratch

    func open() async throws -> any EventLog { try await scratch.open() }

    func openAfterCrash(of log: any EventLog) async throws -> any EventLog {
        let copy = scratch.path + "/crashed"
        try Image(of: scratch.log).write(to: copy)
        return try await scratch.open(copy)
    }
}
