import MartletWire
import SwiftProtobuf
import Testing

@testable import Martlet

@Suite("Whether unanswered jobs were certainly not submitted")
struct SubmissionDoubtTests {
    let start = ContinuousClock.now
    let full = MartletError(.resourceExhausted, "full", retryAfter: .seconds(1))
    let failed = MartletError(.unavailable, "the log failed", retryAfter: .seconds(1))

    /// One job of a caller who waits for 30 s; of the second caller for 60 s, and so on.
    func parcel(_ ticket: Int) -> SubmissionLedger.Parcel {
        let spec = Martlet_V1_JobSpec.with { $0.kind = "k\(ticket)" }
        return .init(ticket: ticket, specs: [spec], bytes: 10, deadline: start + .seconds(30 * ticket))
    }

    /// A ledger whose only request, with the jobs of so many callers, is written.
    func written(callers: Int = 1) -> SubmissionLedger {
        var ledger = SubmissionLedger { "client" }
        for ticket in 1...callers { ledger.gather(parcel(ticket)) }
        _ = ledger.next(at: start)
        return ledger
    }

    /// What the caller hears when its patience ends, and what it would hear if everything were given up.
    func said(by ledger: SubmissionLedger) -> [MartletError.Code?] {
        var (impatient, abandoned) = (ledger, ledger)
        let answers = impatient.expire(at: start + .seconds(30), last: nil)
        return (answers + abandoned.abandon(MartletError(.unavailable, "gone"))).map { settlement in
            guard case .failure(let error) = settlement.outcome else { return nil }
            return error.code
        }
    }

    @Test("A server that was full did nothing, however often it was asked")
    func fullIsCertain() {
        var ledger = written()

        _ = ledger.refused(1, full, at: start)
        let once = said(by: ledger)
        _ = ledger.next(at: start + .seconds(1))
        _ = ledger.refused(1, full, at: start + .seconds(1))

        #expect(once == [.resourceExhausted, .resourceExhausted])
        #expect(said(by: ledger) == [.resourceExhausted, .resourceExhausted])
    }

    @Test("A server that became unavailable may have made the jobs durable")
    func unavailableIsDoubtful() {
        var ledger = written()

        _ = ledger.refused(1, failed, at: start)

        #expect(said(by: ledger) == [.outcomeUnknown, .outcomeUnknown])
    }

    @Test("What a lost answer leaves open no later refusal settles")
    func lostAnswerIsDoubtful() {
        var ledger = written()
        ledger.streamEnded()
        _ = ledger.next(at: start)

        _ = ledger.refused(1, full, at: start)

        #expect(said(by: ledger) == [.outcomeUnknown, .outcomeUnknown])
    }

    @Test("What an unavailable server leaves open no later refusal settles")
    func refusalAfterUnavailableIsDoubtful() {
        var ledger = written()
        _ = ledger.refused(1, failed, at: start)
        _ = ledger.next(at: start + .seconds(1))

        _ = ledger.refused(1, full, at: start + .seconds(1))

        #expect(said(by: ledger) == [.outcomeUnknown, .outcomeUnknown])
    }

    @Test("A stream that ends before a refused request is written again brings no doubt")
    func endBetweenWritesIsCertain() {
        var ledger = written()
        _ = ledger.refused(1, full, at: start)

        ledger.streamEnded()

        #expect(said(by: ledger) == [.resourceExhausted, .resourceExhausted])
    }
}

// What is given up while it waits to be written again.
extension SubmissionDoubtTests {
    @Test("Jobs that were told to be certainly not submitted are not submitted later")
    func givenUpIsNotSent() {
        var ledger = written()
        _ = ledger.refused(1, full, at: start + .milliseconds(29_500))

        let answers = ledger.expire(at: start + .seconds(30), last: nil)
        let during = ledger.next(at: start + .seconds(30))
        let after = ledger.next(at: start + .seconds(31))

        #expect(answers.map(\.ticket) == [1])
        #expect(during == nil)
        #expect(after == nil)
        #expect(ledger.isEmpty)
    }

    @Test("Of a merged request only the jobs go again that somebody waits for still")
    func restIsSent() throws {
        var ledger = written(callers: 2)
        _ = ledger.refused(1, full, at: start)

        let givenUp = ledger.expire(at: start + .seconds(30), last: nil)
        let next = ledger.next(at: start + .seconds(31))
        let answers = ledger.accepted(1, ids: ["x"])

        #expect(givenUp.map(\.ticket) == [1])
        #expect(next?.sequence == 1)
        #expect(next?.jobs.map(\.kind) == ["k2"])
        #expect(answers.map(\.ticket) == [2])
        #expect(try answers.map { try $0.outcome.get() } == [["x"]])
        #expect(ledger.isEmpty)
    }

    @Test("A cancelled caller's jobs do not go again with those of others")
    func cancelledIsNotSent() {
        var ledger = written(callers: 2)
        _ = ledger.refused(1, full, at: start)

        ledger.withdraw(2)

        #expect(ledger.next(at: start + .seconds(1))?.jobs.map(\.kind) == ["k1"])
    }

    @Test("The sequence of a request that vanished is not used again, and the others keep theirs")
    func sequencesStay() {
        var ledger = written()
        ledger.gather(parcel(2))
        _ = ledger.next(at: start)
        for sequence: UInt64 in 1...2 { _ = ledger.refused(sequence, full, at: start) }
        _ = ledger.expire(at: start + .seconds(30), last: nil)
        ledger.gather(parcel(3))

        let sequences = (1...3).map { _ in ledger.next(at: start + .seconds(31))?.sequence }

        #expect(sequences == [2, 3, nil])
    }

    @Test("What may have been accepted goes again whole, whoever gave it up: its sequence may stand for all of it")
    func doubtfulIsSentWhole() {
        var ledger = written(callers: 2)
        _ = ledger.refused(1, failed, at: start)

        let givenUp = ledger.expire(at: start + .seconds(30), last: nil)
        let next = ledger.next(at: start + .seconds(31))

        #expect(givenUp.map(\.ticket) == [1])
        #expect(next?.jobs.map(\.kind) == ["k1", "k2"])
    }
}
