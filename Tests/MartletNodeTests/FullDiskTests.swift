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
        let folder = harness.folder.path
        guard mount("tmpfs", folder, "tmpfs", 0, "size=2m") == 0 else {
            // In CI this test must run: being skipped there is a failure.
            let isCI = getenv("CI") != nil
            print("SKIPPED: the full disk, which needs root to mount a tmpfs")
            return #expect(!isCI, "the full disk could not be tested")
        }
        defer { umount2(folder, Int32(MNT_DETACH)) }
        let filler = harness.folder.appending(path: "filler")
        let end = try await harness.run { node in
            _ = try await node.submitOne()
            try Data(repeating: 1, count: 1 << 20).write(to: filler)
            _ = try await node.submit((0..<2000).map { _ in .mail([UInt8](repeating: 2, count: 400)) }, stamp: nil)

            // The house finds no room, and says so.
            while await node.health().isReady { await harness.advance(by: .seconds(60)) }
            let error = await #expect(throws: NodeError.self) { try await node.submitOne() }
            guard case .exhausted = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }

            try FileManager.default.removeItem(at: filler)
            #expect(mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
            harness.log.makeRoom()
            while await node.health().isReady == false { await harness.advance(by: .seconds(1)) }
            let id = try await node.submitOne()
            let job = try await node.job(id).job
            #expect(job.state == .queued)
        }
        #expect(end == nil)
    }
}
