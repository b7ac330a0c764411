import MartletCore
import MartletView
import Testing

@Suite("Lists are newest first, filtered, and stable")
struct ListTests {
    private func all(_ view: View, _ query: JobQuery) async throws -> [UInt64] {
        var numbers: [UInt64] = []
        var query = query
        while true {
            let page = try await view.jobs(query)
            numbers += page.jobs.map(\.job.subject.number)
            guard let next = page.next else { return numbers }
            query.after = next
        }
    }

    @Test(
        "Every filter, at every page size and scan limit, finds what a dumb filter finds",
        arguments: 1...4 as ClosedRange<UInt64>)
    func filters(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        let story = Story(seed: seed, entries: 60)
        for entry in story.entries { view.project(entry.events, at: entry.position) }

        for state in [nil] + JobState.allCases.map(Optional.some) {
            for queue in [nil, "emails", "none"] {
                for kind in [nil, "send"] {
                    for (limit, scan) in [(1000, 50_000), (3, 50_000), (2, 5), (1, 1)] {
                        let query = JobQuery(
                            queue: queue, kind: kind, state: state, submittedAfter: second(5),
                            submittedBefore: second(55), limit: limit, scanLimit: scan)
                        let expected = story.jobs.reversed().map(\.job).filter {
                            (queue == nil || $0.subject.queue == queue) && (kind == nil || $0.kind == kind)
                                && (state == nil || $0.state == state) && $0.submittedAt >= second(5)
                                && $0.submittedAt < second(55)
                        }
                        #expect(try await all(view, query) == expected.map(\.subject.number), "seed \(seed) \(query)")
                    }
                }
            }
        }
        await view.close()
    }

    @Test("Pages show no job twice and skip none while jobs are added")
    func stablePages() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project((1...10).map { submitted(subject($0)) })

        let first = try await view.jobs(JobQuery(limit: 4))
        view.project([submitted(subject(11))], from: 2)
        let second = try await view.jobs(JobQuery(limit: 10, after: first.next))

        #expect((first.jobs + second.jobs).map(\.job.subject.number) == (1...10).reversed())
        #expect(second.next == nil)
        #expect(first.jobs.allSatisfy { $0.job.payload.isEmpty })
        await view.close()
    }

    @Test("A list reads no result, neither of the jobs that it shows nor of those that it steps over")
    func resultsAreLeftAlone() async throws {
        let folder = try TemporaryFolder()
        let first = try View(path: folder.view, incarnation: "log")
        let job = subject(1)
        let result = [UInt8](repeating: 0xC3, count: 100_000)
        let succeeded = Event.completed(.init(job: job, attempt: 1, token: FencingToken(1), result: result))
        first.project([submitted(job), started(job), succeeded, submitted(subject(2), kind: "resize")])
        await first.close()
        try damageEnd(of: 0xC3, in: folder.view)

        let view = try View(path: folder.view, incarnation: "log")
        let (all, others) = (try await view.jobs(JobQuery()), try await view.jobs(JobQuery(kind: "resize")))
        let finished = try await view.jobs(JobQuery(state: .succeeded))
        await #expect(throws: ViewError.self) { _ = try await view.job(job.id) }
        await view.close()

        #expect(all.jobs.map(\.job.subject.number) == [2, 1])
        #expect(others.jobs.map(\.job.subject.number) == [2])
        #expect(finished.jobs.map(\.job.subject.number) == [1])
    }

    /// Changes the last long run of one byte in a file: a page full of it.
    private func damageEnd(of byte: UInt8, in path: String) throws {
        var bytes = try readFile(path)
        var run = 0
        let found = bytes.indices.reversed().first { index in
            run = bytes[index] == byte ? run + 1 : 0
            return run == 2000
        }
        let place = try #require(found)
        bytes[place] ^= 1
        try writeFile(path, bytes)
    }

    @Test("A page looks at no more rows than its scan limit, and says where to go on")
    func scanLimit() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project((1...10).map { submitted(subject($0), kind: $0 == 1 ? "rare" : "send") })

        let page = try await view.jobs(JobQuery(kind: "rare", limit: 1, scanLimit: 4))

        #expect(page == JobPage(jobs: [], next: 7))
        await view.close()
    }
}
