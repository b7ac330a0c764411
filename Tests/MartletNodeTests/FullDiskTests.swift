import Foundation
import MartletCore
import MartletView
import Testing

@testable import MartletNode

#if canImport(Glibc)
    import Glibc
#endif

@Suite("A node whose view has no room")
struct FullDiskTests {
    @Test("It goes on, refuses submissions, and takes them again once there is room")
    func viewIsFull() async throws {
        let harness = try NodeHarness()
        guard let disk = try SmallDisk(at: harness.folder) else { return }
        defer { disk.unmount() }
        let end = try await harness.run { node in
            try await Self.fill(disk, node)

            // The house finds no room, and says so.
            while await node.health().isReady { await harness.advance(by: .seconds(60)) }
            let error = await #expect(throws: NodeError.self) { try await node.submitOne() }
            guard case .exhausted = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }

            try disk.grow()
            harness.log.makeRoom()
            while await node.health().isReady == false { await harness.advance(by: .seconds(1)) }
            let id = try await node.submitOne()
            let job = try await node.job(id).job
            #expect(job.state == .queued)
        }
        #expect(end == nil)
    }

    @Test("Whoever reads finds out, before the house looks by itself", .timeLimit(.minutes(1)))
    func readsFindOut() async throws {
        let harness = try NodeHarness()
        guard let disk = try SmallDisk(at: harness.folder) else { return }
        defer { disk.unmount() }
        try await harness.run { node in
            let id = try await Self.fill(disk, node)
            await #expect(throws: NodeError.self) { try await node.job(id) }
            #expect(await Self.findsOut(node, harness))
            #expect(await node.health().isReady == false)
        }
    }

    @Test(
        "Whoever writes too far ahead of the view finds out, too, and goes on once there is room",
        .timeLimit(.minutes(1)))
    func writesFindOut() async throws {
        var configuration = NodeConfiguration()
        configuration.viewBacklog = 1000
        let harness = try NodeHarness(configuration: configuration)
        guard let disk = try SmallDisk(at: harness.folder) else { return }
        defer { disk.unmount() }
        try await harness.run { node in
            try await Self.fill(disk, node)
            // It would keep the body from ending, should the node not find out.
            let late = Task { try await node.submitOne() }
            try #require(await Self.findsOut(node, harness))
            #expect(await node.health().isReady == false)
            try disk.grow()
            harness.log.makeRoom()
            // The next try may come a second after the last one found no room.
            async let _ = Self.keepGoing(harness)
            let job = try await node.job(late.value).job
            #expect(job.state == .queued)
        }
    }

    @Test("A start that is far behind says that there is no room", .timeLimit(.minutes(1)))
    func startIsRefused() async throws {
        let harness = try NodeHarness()
        try await harness.run { node in
            for _ in 0..<60 { _ = try await node.submit((0..<2000).map { _ in .mail() }, stamp: nil) }
        }
        // The view is gone, and there is no room for another.
        for name in ["view.db", "view.db-wal", "view.db-shm"] {
            try? FileManager.default.removeItem(at: harness.folder.appending(path: name))
        }
        guard let disk = try SmallDisk(at: harness.folder) else { return }
        defer { disk.unmount() }
        let view = try harness.openView()
        let error = await #expect(throws: ViewError.self) { try await harness.makeNode(view) }
        guard case .full = error else {
            Issue.record("refused as \(String(describing: error))")
            return
        }
        await view.abandon()
    }

    /// Leaves no room for all that is submitted; returns a job for which there is none.
    @discardableResult
    private static func fill(_ disk: SmallDisk, _ node: Node) async throws -> JobID {
        _ = try await node.submitOne()
        try disk.fill()
        return try await node.submit((0..<2000).map { _ in .mail([UInt8](repeating: 2, count: 400)) }, stamp: nil)[0]
    }

    /// Whether the node finds out within two seconds by its clock, and so long before the house looks by itself. The
    /// view's thread goes by another clock, and may be slow.
    private static func findsOut(_ node: Node, _ harness: NodeHarness) async -> Bool {
        var steps = 100
        while await !node.leader.isDiskFull, !Task.isCancelled {
            if steps > 0 { await harness.advance(by: .milliseconds(20)) }
            steps -= 1
        }
        return await node.leader.isDiskFull
    }

    private static func keepGoing(_ harness: NodeHarness) async {
        while !Task.isCancelled { await harness.advance(by: .milliseconds(100)) }
    }
}

/// A file system of two megabytes in memory.
private struct SmallDisk: Sendable {
    let folder: URL

    /// Nil where it cannot be mounted. In CI a test that needs it must run: being skipped there is a failure.
    init?(at folder: URL) throws {
        self.folder = folder
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=2m") == 0 else {
            let isCI = getenv("CI") != nil
            print("SKIPPED: the full disk, which needs root to mount a tmpfs")
            #expect(!isCI, "the full disk could not be tested")
            return nil
        }
    }

    private var filler: URL { folder.appending(path: "filler") }

    func fill() throws { try Data(repeating: 1, count: 1 << 20).write(to: filler) }

    func grow() throws {
        try FileManager.default.removeItem(at: filler)
        #expect(mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
    }

    func unmount() { umount2(folder.path, Int32(MNT_DETACH)) }
}
