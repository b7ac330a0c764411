import MartletCore
import MartletView
import Testing

@Suite("Each event changes the record, the counters and the history of its job")
struct EventTests {
    private struct Expected {
        var state: JobState
        var history: [String]
        var attempt = 1
        var failure: String?
    }

    private func check(_ events: [Event], _ expected: Expected, writtenApart: Bool) async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        for (index, event) in events.enumerated() {
            view.project([event], at: position(UInt64(index) + 1))
            if writtenApart { try await view.flush() }
        }
        let record = try #require(try await view.job(subject(1).id))
        let history = try #require(try await view.history(of: subject(1).id))
        #expect(record.job.state == expected.state)
        #expect(record.job.attempt == expected.attempt)
        #expect(record.failure?.code == expected.failure)
        #expect(record.job.subject == subject(1))
        #expect((record.finishedAt != nil) == expected.state.isFinal)
        #expect((record.job.lease != nil) == (expected.state == .running))
        #expect(history.map(\.event) == expected.history)
        #expect(history.map(\.position) == Array(1...UInt64(events.count)))
        #expect(history.last?.state == expected.state)
        #expect(try await view.counts() == [expected.state: 1])
        await view.close()
    }

    @Test("Written at once or one by one, the outcome is the same", arguments: [true, false])
    func outcomes(writtenApart: Bool) async throws {
        let job = subject(1)
        let run = [submitted(job), started(job)]
        let begun = ["submitted", "started"]
        let cases: [([Event], Expected)] = [
            ([submitted(job)], Expected(state: .queued, history: ["submitted"], attempt: 0)),
            ([submitted(job, due: second(9))], Expected(state: .scheduled, history: ["submitted"], attempt: 0)),
            (
                [submitted(job, due: second(9)), .queued(job, from: .scheduled)],
                Expected(state: .queued, history: ["submitted", "queued"], attempt: 0)
            ),
            (run, Expected(state: .running, history: begun)),
            (
                run + [.extended(job, token: FencingToken(1), until: second(99))],
                Expected(state: .running, history: begun + ["extended"])
            ),
            (run + [completed(job)], Expected(state: .succeeded, history: begun + ["completed"])),
            (
                run + [failed(job, due: second(50))],
                Expected(state: .retrying, history: begun + ["failed"], failure: "error")
            ),
            (run + [failed(job, due: nil)], Expected(state: .dead, history: begun + ["failed"], failure: "error")),
            (run + [lost(job)], Expected(state: .queued, history: begun + ["lost"], failure: "lost")),
            (
                run + [lost(job, losses: 5, isQuarantined: true)],
                Expected(state: .dead, history: begun + ["lost"], failure: "quarantined")
            ),
            (
                run + [.released(job, attempt: 1, token: FencingToken(1))],
                Expected(state: .queued, history: begun + ["released"], attempt: 0)
            ),
            (run + [.cancelled(job, from: .running)], Expected(state: .cancelled, history: begun + ["cancelled"])),
            (
                run + [failed(job, due: nil), .redriven(job)],
                Expected(state: .queued, history: begun + ["failed", "redriven"], failure: "error")
            ),
        ]
        for (events, expected) in cases { try await check(events, expected, writtenApart: writtenApart) }
    }

    @Test("A job that comes and goes between two writes is written once, in its final form")
    func shortLivedJobIsWrittenOnce() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))

        view.project([submitted(subject(1))], [started(subject(1))], [completed(subject(1))])
        try await view.flush()

        #expect(try await view.rowsWritten() == 1)
        #expect(try await view.job(subject(1).id)?.result == [9])
        await view.close()
    }

    @Test("An extension moves the lease's end and nothing else")
    func extensionMovesTheLease() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1))], [started(subject(1))])
        try await view.flush()

        view.project([.extended(subject(1), token: FencingToken(1), until: second(800))], from: 3)

        let lease = try await view.job(subject(1).id)?.job.lease
        #expect(lease == Lease(token: FencingToken(1), session: session, until: second(800), timesOut: nil))
        await view.close()
    }

    @Test("An event of a job that the view does not hold stops it, with the number in the text")
    func unknownJobStops() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project([submitted(subject(1)), submitted(subject(2))])
        try await view.flush()

        view.project([started(subject(77))], from: 2)

        await #expect(throws: ViewError.damaged("the log names job number 77, which the view does not hold")) {
            try await view.flush()
        }
        await #expect { try await view.queues() } throws: { error in
            guard case .stopped(let cause) = error as? ViewError else { return false }
            return cause.contains("77")
        }
        #expect(view.position == position(1))
        await view.waitForRoom(below: 1)
        await view.close()
    }

    @Test("After a burst that is written the view says that it is over, and a few changes are none")
    func burst() async throws {
        let folder = try TemporaryFolder()
        let (overs, over) = AsyncStream.makeStream(of: Void.self)
        let view = try View(path: folder.view, incarnation: "log", lag: .milliseconds(1)) { over.yield() }
        view.project([submitted(subject(1))])
        try await view.flush()

        // 50,000 changes in entries of a thousand, more than one transaction takes.
        for entry in UInt64(0)..<50 {
            let jobs = (2 + entry * 1000..<2 + (entry + 1) * 1000).map { submitted(subject($0)) }
            view.project(jobs, at: position(2 + entry))
        }
        var burst = overs.makeAsyncIterator()
        await burst.next()

        #expect(view.position == position(51) && view.backlog == 0)
        #expect(try await view.counts() == [.queued: 50_001])
        view.project([submitted(subject(60_000))], from: 52)
        await view.close()
        over.finish()
        #expect(await burst.next() == nil)
    }

    @Test("A long history keeps its first and its last hundred facts", arguments: [1, 37, 5000])
    func longHistory(writtenEvery: UInt64) async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log", lag: .seconds(600))
        view.project([submitted(subject(1))], [started(subject(1))])
        for number in 3...UInt64(2500) {
            view.project([.extended(subject(1), token: FencingToken(1), until: second(1))], at: position(number))
            if number % writtenEvery == 0 { try await view.flush() }
        }

        let history = try #require(try await view.history(of: subject(1).id))

        #expect(history.map(\.position) == Array(1...100) + Array(2401...2500))
        #expect(history.last?.attempt == 1)
        await view.close()
    }
}
