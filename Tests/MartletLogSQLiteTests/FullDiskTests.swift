import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting
import Testing

@Suite("A full or read-only disk", .serialized)
struct FullDiskTests {
    @Test("A full disk refuses, keeps what it has, and accepts again from the reserve and once there is room")
    func fullDisk() async throws {
        guard let disk = try TinyDisk() else { return }
        defer { disk.unmount() }
        let scratch = try Scratch()
        let log = try await scratch.open(disk.path + "/log", reserve: 1 << 20)
        var chain = Chain(partition: LogConformance.partition)
        var entries = try await log.fill(&chain, 10)
        try Self.fillUp(disk.path + "/ballast")
        let body = [UInt8](repeating: 5, count: 20_000)
        var full = false
        for _ in 0..<2000 where !full {
            let entry = chain.entry(body: body)
            switch await log.append(entry) {
            case .committed:
                entries.append(entry)
                chain.head = LogHead(of: entry)
            case .full: full = true
            case let outcome: throw Unexpected(outcome)
            }
        }
        #expect(full)
        #expect(try await log.readAll() == entries)
        // What was refused is not in the mark either: a log killed now opens.
        try await log.settle()
        let image = scratch.path + "/image"
        try Image(of: disk.path + "/log").write(to: image)
        #expect(try await Contents(of: image, in: scratch).entries == entries)
        #expect(await log.restoreReserve(), "the reserve is whole while the disk is full")
        #expect(await log.releaseReserve())
        entries += try await log.fill(&chain, 5, body: body)
        try Self.fillUp(disk.path + "/more")
        #expect(await log.restoreReserve() == false)
        try Image(of: disk.path + "/log").write(to: image)
        #expect(try await Contents(of: image, in: scratch).entries == entries)
        try FileManager.default.removeItem(atPath: disk.path + "/ballast")
        #expect(await log.restoreReserve())
        entries += try await log.fill(&chain, 20, body: body)
        await log.close()
        let reopened = try await scratch.open(disk.path + "/log", reserve: 1 << 20)
        #expect(try await reopened.readAll() == entries)
        await reopened.close()
    }

    @Test("A log that was killed opens on a full disk, where what it wrote ahead cannot be moved into its file")
    func openingOnAFullDisk() async throws {
        guard let disk = try TinyDisk() else { return }
        defer { disk.unmount() }
        let scratch = try Scratch()
        let log = try await scratch.open()
        var chain = Chain(partition: LogConformance.partition)
        let entries = try await log.fill(&chain, 20, body: [UInt8](repeating: 5, count: 20_000))
        let image = try Image(of: scratch.log)
        try #require(image.files["log.db-wal"].map { $0.count > 400_000 } == true, "it was moved already")
        try image.write(to: disk.path + "/log")
        try Self.fillUp(disk.path + "/ballast")

        let opened = try await scratch.open(disk.path + "/log", reserve: 1 << 20)

        #expect(try await opened.readAll() == entries)
        await opened.close()
        await log.close()
    }

    @Test("A read-only folder is refused with its path")
    func readOnlyFolder() async throws {
        guard let disk = try TinyDisk() else { return }
        defer { disk.unmount() }
        let scratch = try Scratch()
        await (try scratch.open(disk.path + "/log")).close()
        try disk.mount("-o", "remount,ro", disk.path)
        for folder in ["/log", "/new"] {
            let error = await refusal { () throws(LogError) in try await scratch.open(disk.path + folder) }
            guard case .engine(let reason) = error else { throw Unexpected(error) }
            #expect(reason.contains(disk.path + folder))
        }
    }

    /// Writes zeros until the disk takes no more.
    private static func fillUp(_ path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        for size in [65536, 4096] {
            do {
                while true { try file.write(contentsOf: Data(count: size)) }
            } catch {
                // Full, which was the purpose.
            }
        }
        try file.close()
    }
}

/// A file system of 16 MiB. Making one needs root.
private struct TinyDisk {
    let path: String

    /// Nil, loudly, when it cannot be made. In CI that is a failure instead.
    init?() throws {
        path = NSTemporaryDirectory() + "/martlet-disk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        do {
            try mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", path)
        } catch {
            let inCI = ProcessInfo.processInfo.environment["CI"] == "true"
            if inCI { throw error }
            print("NOT TESTED: the log on a full disk needs a mount: \(error)")
            return nil
        }
    }

    func mount(_ arguments: String...) throws { try run("/bin/mount", arguments) }

    func unmount() {
        do {
            try run("/bin/umount", ["-l", path])
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unexpected("\(program) \(arguments) failed") }
    }
}
