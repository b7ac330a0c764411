import MartletCore
import MartletView
import Testing

@Suite("The write-ahead log of the view is moved into the file by the view itself")
struct WALTests {
    /// A job of 1 MiB in each entry, and what comes after its submission.
    private static func write150MiB(to view: View, _ after: (Subject) -> [Event]) async throws {
        let payload = [UInt8](repeating: 7, count: 1 << 20)
        for number in 1...150 as ClosedRange<UInt64> {
            let job = subject(number)
            view.project([submitted(job, payload: payload)] + after(job), at: position(number))
            if number % 10 == 0 { try await view.flush() }
        }
    }

    @Test("Closing moves all of it, and gives its room back")
    func closing() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))])

        await view.close()

        #expect(try readFile(folder.view + "-wal").isEmpty)
        try writeFile(folder.path + "/copy.db", try readFile(folder.view))
        let copy = try View(path: folder.path + "/copy.db", incarnation: "log")
        #expect(copy.position == position(1))
        await copy.close()
    }

    @Test("A crash leaves it as it is")
    func crash() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))])
        try await view.flush()
        let ahead = try readFile(folder.view + "-wal")

        await view.abandon()

        #expect(try readFile(folder.view + "-wal") == ahead)
    }

    @Test("A view that has stopped moves nothing at its end: after a sync that failed nobody knows what it would move")
    func stopped() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))])
        try await view.flush()
        let (file, ahead) = (try readFile(folder.view), try readFile(folder.view + "-wal"))
        let unknown = subject(2)
        view.project([.cancelled(unknown, from: .queued)], at: position(2))
        await #expect(throws: ViewError.self) { try await view.flush() }

        await view.close()

        #expect(try readFile(folder.view) == file)
        #expect(try readFile(folder.view + "-wal").starts(with: ahead) && !ahead.isEmpty)
    }

    @Test("Under load its room is used again")
    func load() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        try await Self.write150MiB(to: view) { _ in [] }

        // It is emptied at 62.5 MiB.
        #expect(try readFile(folder.view).count > 100 << 20)
        #expect(try readFile(folder.view + "-wal").count < 80 << 20)
        #expect(try await view.counts() == [.queued: 150])
        await view.close()
    }

    @Test("Nor does it grow while nothing but retiring is written")
    func retiring() async throws {
        let folder = try TemporaryFolder()
        let first = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        try await Self.write150MiB(to: first) { [.cancelled($0, from: .queued)] }
        await first.close()
        let view = try View(path: folder.view, incarnation: "log")

        for _ in 1...15 {
            let retired = try await view.retire(finishedBefore: second(999), keysExpiredBefore: second(0), limit: 10)
            #expect(retired == 10)
        }

        #expect(try readFile(folder.view + "-wal").count < 90 << 20)
        await view.close()
    }
}
