import MartletCore
import MartletSQLite
import MartletView
import Testing

@Suite("A crash loses nothing that is projected again")
struct CrashTests {
    @Test("The view tells of each job what happened to it", arguments: 1...8 as ClosedRange<UInt64>)
    func viewAgreesWithItsTwin(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .milliseconds(1))
        let story = Story(seed: seed, entries: 200)
        for (index, entry) in story.entries.enumerated() {
            view.project(entry.events, at: entry.position)
            if index % Int(seed) == 0 { try await view.flush() }
        }

        for (record, facts) in zip(story.jobs, story.facts) {
            #expect(try await view.job(record.job.subject.id) == record, "seed \(seed)")
            #expect(try await view.history(of: record.job.subject.id)?.map(\.event) == facts, "seed \(seed)")
            let waits = ![.running, .succeeded, .cancelled].contains(record.job.state)
            #expect(try await view.waitingJob(record.job.subject.id) == (waits ? record.job : nil), "seed \(seed)")
        }
        for queue in try await view.queues() {
            let jobs = story.jobs.map(\.job).filter { $0.subject.queue == queue.name }
            for state in JobState.allCases { #expect(queue.counts[state] == jobs.count { $0.state == state }) }
            #expect(queue.oldestWaiting == jobs.first { $0.state == .queued }?.submittedAt)
        }
        #expect(view.backlog == 0)
        await view.close()
    }

    @Test(
        "Files of a random moment open at an earlier position, and lead to the same view",
        arguments: 1...12 as ClosedRange<UInt64>)
    func crashImage(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let story = Story(seed: seed, entries: 120)
        let whole = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        for (index, entry) in story.entries.enumerated() {
            whole.project(entry.events, at: entry.position)
            if SplitMix64.mix(seed &* 1000 &+ UInt64(index)) % 7 == 0 { try await whole.flush() }
        }
        let expected = try await Account(of: whole, jobs: story.jobs.count)

        // What a crash leaves: the file, and the log that it writes ahead, torn at any byte.
        let copy = folder.path + "/copy.db"
        try writeFile(copy, try readFile(folder.view))
        let ahead = try readFile(folder.view + "-wal")
        let torn = Int(SplitMix64.mix(seed) % UInt64(ahead.count))
        // The first transaction, which makes the tables, is part of the image.
        try writeFile(copy + "-wal", Array(ahead.prefix(max(torn, ahead.count / 6))))
        let view = try View(path: copy, incarnation: "log", lag: .seconds(600))
        let reached = view.position.position
        #expect(reached < story.entries.count)
        for entry in story.entries.dropFirst(Int(reached)) { view.project(entry.events, at: entry.position) }

        #expect(try await Account(of: view, jobs: story.jobs.count) == expected, "seed \(seed), from \(reached)")
        await view.close()
        await whole.close()
    }

    @Test("What was made durable is in the file itself, without the log that SQLite writes ahead")
    func durableWithoutWAL() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        view.project([submitted(subject(1))], [started(subject(1))])

        let durable = try await view.makeDurable()
        try writeFile(folder.path + "/copy.db", try readFile(folder.view))

        #expect(durable == position(2))
        let copy = try View(path: folder.path + "/copy.db", incarnation: "log")
        #expect(copy.position == durable)
        await copy.close()
        await view.close()
    }

    @Test("A view that is opened again goes on where it was, without being told to write")
    func reopens() async throws {
        let folder = try TemporaryFolder()
        let story = Story(seed: 3, entries: 50)
        let first = try View(path: folder.view, incarnation: "log")
        for entry in story.entries { first.project(entry.events, at: entry.position) }
        let expected = try await Account(of: first, jobs: story.jobs.count)
        await first.close()

        let second = try View(path: folder.view, incarnation: "log")

        #expect(second.position == position(50))
        #expect(try await Account(of: second, jobs: story.jobs.count) == expected)
        await second.close()
    }

    @Test("A change is written after the lag, and makes room for who waits")
    func writesByItself() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .milliseconds(5))
        view.project([submitted(subject(1)), submitted(subject(2))])

        await view.waitForRoom(below: 1)

        #expect(view.position == position(1))
        #expect(view.backlog == 0)
        await view.close()
    }
}
