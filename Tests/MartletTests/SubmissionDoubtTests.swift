import MartletWire
import SwiftProtobuf
import Testing

@testable import Martlet

@Suite("Whether unanswered jobs were certainly not submitted")
struct SubmissionDoubtTests {
    let start = ContinuousClock.now
    let full = MartletError(.resourceExhausted, "full", retryAfter: .seconds(1))
    let failed = MartletError(.unavailable, "the log failed", retryAfter: .seconds(1))

    /// A ledger whose only request is written.
    func written() -> SubmissionLedger {
        var ledger = SubmissionLedger { "client" }
        let spec = Martlet_V1_JobSpec.with { $0.kind = "k" }
        ledger.gather(.init(ticket: 1, specs: [spec], bytes: 10, deadline: start + .seconds(30)))
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
