import MartletCore
import MartletView
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("A full disk loses nothing")
struct FullDiskTests {
    @Test("What a full disk refused is written once there is room")
    func fullDisk() async throws {
        let mountPoint = try TemporaryFolder()
        guard mount("tmpfs", mountPoint.path, "tmpfs", 0, "size=2m") == 0 else {
            // In CI this test must run: being skipped there is a failure.
            let isCI = getenv("CI") != nil
            print("SKIPPED: the full disk, which needs root to mount a tmpfs")
            return #expect(!isCI, "the full disk could not be tested")
        }
        defer { umount2(mountPoint.path, Int32(MNT_DETACH)) }
        let view = try View(path: mountPoint.view, incarnation: "log", lag: .milliseconds(2))
        view.project([submitted(subject(1))])
        try await view.flush()
        let filler = mountPoint.path + "/filler"
        try writeFile(filler, [UInt8](repeating: 1, count: 1 << 20))

        view.project((2...2000).map { submitted(subject($0), payload: [UInt8](repeating: 2, count: 400)) }, from: 2)
        await #expect { try await view.flush() } throws: { error in
            guard case .full = error as? ViewError else { return false }
            return true
        }
        #expect(view.position == position(1))
        #expect(view.backlog == 1999)

        unlink(filler)
        try remount(mountPoint.path)
        await view.waitForRoom(below: 1)
        #expect(view.position == position(2))
        #expect(try await view.counts() == [.queued: 2000])
        #expect(try await view.job(subject(2000).id)?.job.payload.count == 400)
        await view.close()
    }

    @Test("What a full disk refused of several transactions is written once there is room, all of it")
    func fullDiskAmongTransactions() async throws {
        let mountPoint = try TemporaryFolder()
        guard mount("tmpfs", mountPoint.path, "tmpfs", 0, "size=2m") == 0 else {
            let isCI = getenv("CI") != nil
            print("SKIPPED: the full disk, which needs root to mount a tmpfs")
            return #expect(!isCI, "the full disk could not be tested")
        }
        defer { umount2(mountPoint.path, Int32(MNT_DETACH)) }
        let view = try View(path: mountPoint.view, incarnation: "log", lag: .seconds(600))
        // 19 entries are not enough to be written at once; the rest comes when the disk is full already.
        for entry in UInt64(1)...45 {
            let jobs = ((entry - 1) * 1000 + 1...entry * 1000).map { submitted(subject($0)) }
            view.project(jobs, at: position(entry))
        }
        await #expect { try await view.flush() } throws: { error in
            guard case .full = error as? ViewError else { return false }
            return true
        }

        try remount(mountPoint.path)

        try await view.flush()
        #expect(view.position == position(45) && view.backlog == 0)
        #expect(try await view.counts() == [.queued: 45_000])
        #expect(try await view.job(subject(20_500).id) != nil)
        #expect(try await view.job(subject(45_000).id) != nil)
        await view.close()
    }

    private func remount(_ path: String) throws {
        try #require(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
    }
}
