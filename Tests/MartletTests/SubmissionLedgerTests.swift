import MartletWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import Martlet

@Suite("What to submit next")
struct SubmissionLedgerTests {
    let start = ContinuousClock.now

    func ledger(_ limits: SubmissionLedger.Limits = .init()) -> SubmissionLedger {
        let clients = Counter()
        return SubmissionLedger(limits: limits) { "client-\(clients.next())" }
    }

    func parcel(_ ticket: Int, jobs: Int = 1, bytes: Int = 10) -> SubmissionLedger.Parcel {
        let specs = (0..<jobs).map { job in Martlet_V1_JobSpec.with { $0.kind = "\(ticket).\(job)" } }
        return .init(ticket: ticket, specs: specs, bytes: bytes, deadline: start + .seconds(30))
    }

    /// What is written next, which there must be.
    func next(_ ledger: inout SubmissionLedger) throws -> Martlet_V1_SubmitRequest {
        let request = ledger.next(at: start)
        return try #require(request)
    }

    @Test("Everything gathered goes as one request, and each caller gets its own ids")
    func parcelsAreMerged() throws {
        var ledger = ledger()
        for ticket in 1...3 { ledger.gather(parcel(ticket, jobs: ticket)) }

        let request = try next(&ledger)
        let answers = ledger.accepted(1, ids: ["a", "b", "c", "d", "e", "f"])

        #expect(request.jobs.map(\.kind) == ["1.0", "2.0", "2.1", "3.0", "3.1", "3.2"])
        #expect(request.sequence == 1)
        #expect(answers.map(\.ticket) == [1, 2, 3])
        #expect(try answers.map { try $0.outcome.get() } == [["a"], ["b", "c"], ["d", "e", "f"]])
        #expect(ledger.isEmpty)
    }

    @Test("A request stays within the limits of jobs and of bytes, but a parcel is never split")
    func requestsAreBounded() throws {
        var ledger = ledger(.init(jobs: 3, bytes: 100))
        ledger.gather(parcel(1, jobs: 2))
        ledger.gather(parcel(2, jobs: 2))
        ledger.gather(parcel(3, jobs: 1, bytes: 95))
        ledger.gather(parcel(4, jobs: 9, bytes: 500))

        let sizes = (1...4).map { _ in ledger.next(at: start)?.jobs.count }

        #expect(sizes == [2, 2, 1, 9])
    }

    @Test("No more than the limit goes unanswered, and the window of sequences is kept")
    func windowIsKept() {
        var ledger = ledger(.init(unanswered: 2, span: 3))
        for ticket in 1...9 { ledger.gather(parcel(ticket, bytes: 4 << 20)) }

        #expect(ledger.next(at: start)?.sequence == 1)
        #expect(ledger.next(at: start)?.sequence == 2)
        #expect(ledger.next(at: start) == nil)
        _ = ledger.accepted(2, ids: ["x"])
        #expect(ledger.next(at: start)?.sequence == 3)
        _ = ledger.accepted(3, ids: ["x"])
        #expect(ledger.next(at: start) == nil, "1 is unanswered: 4 would be outside of the window")
        _ = ledger.accepted(1, ids: ["x"])
        #expect(ledger.next(at: start)?.sequence == 4)
    }

    @Test("After a broken stream the unanswered requests go again, in order and with their sequences, before any other")
    func brokenStreamIsRepaired() throws {
        var ledger = ledger()
        ledger.gather(parcel(1))
        let first = try next(&ledger)
        ledger.gather(parcel(2))
        let second = try next(&ledger)
        ledger.gather(parcel(3))

        ledger.streamEnded()

        #expect(ledger.next(at: start) == first)
        #expect(ledger.next(at: start) == second)
        #expect(ledger.next(at: start)?.sequence == 3)
    }

    @Test("A refused merged request is taken apart: each caller's jobs go alone, under new sequences")
    func refusedMergeIsTakenApart() throws {
        var ledger = ledger()
        for ticket in 1...2 { ledger.gather(parcel(ticket)) }
        _ = ledger.next(at: start)

        let none = ledger.refused(1, MartletError(.invalidArgument, "bad", field: "jobs[1].queue"), at: start)
        let (one, two) = (try next(&ledger), try next(&ledger))
        let failed = ledger.refused(3, MartletError(.invalidArgument, "bad", field: "jobs[0].queue"), at: start)

        #expect(none.isEmpty)
        #expect([one, two].map { $0.jobs.map(\.kind) } == [["1.0"], ["2.0"]])
        #expect([one, two].map(\.sequence) == [2, 3])
        #expect(failed.map(\.ticket) == [2])
        #expect(throws: MartletError.self) { try failed[0].outcome.get() }
        #expect(try ledger.accepted(2, ids: ["x"]).map { try $0.outcome.get() } == [["x"]])
    }

    @Test("A full server is left alone until it says, then asked again with the same sequence")
    func fullServerIsLeftAlone() throws {
        var ledger = ledger()
        ledger.gather(parcel(1))
        let first = try next(&ledger)

        let none = ledger.refused(1, MartletError(.resourceExhausted, "full", retryAfter: .seconds(2)), at: start)
        ledger.gather(parcel(2))

        #expect(none.isEmpty)
        #expect(ledger.next(at: start + .milliseconds(1999)) == nil)
        #expect(ledger.next(at: start + .seconds(2)) == first)
    }

    @Test("A forgotten request that was repeated has an unknown outcome, and what follows goes under a fresh id")
    func forgottenRepeatIsUnknown() throws {
        var ledger = ledger()
        ledger.gather(parcel(1))
        _ = ledger.next(at: start)
        ledger.streamEnded()
        _ = ledger.next(at: start)

        let answers = ledger.refused(1, MartletError(.outcomeUnknown, "forgotten"), at: start)
        ledger.gather(parcel(2))
        let next = try next(&ledger)

        #expect(answers.map(\.ticket) == [1])
        #expect((next.clientID, next.sequence) == ("client-2", 1))
    }

    @Test("A forgotten request that was written only once never happened, and goes again under a fresh id")
    func forgottenFirstWriteIsRepeated() throws {
        var ledger = ledger()
        ledger.gather(parcel(1))
        _ = ledger.next(at: start)

        let answers = ledger.refused(1, MartletError(.outcomeUnknown, "forgotten"), at: start)
        let next = try next(&ledger)

        #expect(answers.isEmpty)
        #expect((next.clientID, next.sequence) == ("client-2", 1))
        #expect(next.jobs.map(\.kind) == ["1.0"])
    }

    @Test("A fresh id waits until the old one's requests are answered, since answers carry only the sequence")
    func freshIDWaits() throws {
        var ledger = ledger()
        ledger.gather(parcel(1))
        _ = ledger.next(at: start)
        ledger.gather(parcel(2))
        _ = ledger.next(at: start)
        _ = ledger.refused(1, MartletError(.outcomeUnknown, "forgotten"), at: start)

        #expect(ledger.next(at: start) == nil)
        _ = ledger.accepted(2, ids: ["x"])
        #expect(ledger.next(at: start)?.clientID == "client-2")
    }

    @Test("Impatience tells apart what was not sent, what was refused and what may have happened")
    func impatienceTellsApart() throws {
        var ledger = ledger(.init(unanswered: 2))
        let late = start + .seconds(30)
        ledger.gather(parcel(1))
        _ = ledger.next(at: start)
        ledger.gather(parcel(2))
        _ = ledger.next(at: start)
        ledger.gather(parcel(3))
        _ = ledger.refused(2, MartletError(.resourceExhausted, "full", retryAfter: .seconds(60)), at: start)

        let early = ledger.expire(at: late - .nanoseconds(1), last: nil)
        let answers = ledger.expire(at: late, last: nil)

        #expect(early.isEmpty)
        let codes = Dictionary(uniqueKeysWithValues: answers.map { ($0.ticket, code($0)) })
        #expect(codes == [1: .outcomeUnknown, 2: .resourceExhausted, 3: .unavailable])
        #expect(ledger.expire(at: late, last: nil).isEmpty)
    }

    @Test("What a caller withdrew before it was written is not written")
    func withdrawnIsNotWritten() throws {
        var ledger = ledger()
        for ticket in 1...3 { ledger.gather(parcel(ticket)) }

        ledger.withdraw(2)

        #expect(ledger.next(at: start)?.jobs.map(\.kind) == ["1.0", "3.0"])
    }

    private func code(_ settlement: SubmissionLedger.Settlement) -> MartletError.Code? {
        guard case .failure(let error) = settlement.outcome else { return nil }
        return error.code
    }
}

final class Counter: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    var count: Int { value.load(ordering: .relaxed) }
}
