import Testing

@testable import Martlet

@Suite("Patience with a server that does not answer")
struct PatienceTests {
    let start = ContinuousClock.now
    let gone = MartletError(.unavailable, "gone")

    @Test("It is counted from the first failure, and ends")
    func endsAfterFirstFailure() {
        var patience = Patience(.seconds(30))

        let waits = [0, 29, 30, 31].map { (second: Int) in patience.wait(after: gone, at: start + .seconds(second)) }

        #expect(waits.map { $0 != nil } == [true, true, false, false])
    }

    @Test("It begins anew when the server was there for long, and not when it was there for a moment")
    func presenceRenews() {
        var (long, brief) = (Patience(.seconds(30)), Patience(.seconds(30)))
        for _ in 1...9 {
            _ = long.wait(after: gone, at: start)
            _ = brief.wait(after: gone, at: start)
        }

        let later = start + .seconds(60)
        let afterLong = long.wait(after: gone, lasting: .milliseconds(2001), at: later)
        let afterBrief = brief.wait(after: gone, lasting: .seconds(2), at: later)
        let stillThere = long.wait(after: gone, at: later + .seconds(29))

        #expect(afterLong.map { $0 <= Backoff.initial } == true, "the waits begin anew too")
        #expect(afterBrief == nil)
        #expect(stillThere != nil)
    }

    @Test("It begins anew when the server answered")
    func answerRenews() {
        var patience = Patience(.seconds(30))
        _ = patience.wait(after: gone, at: start)

        patience.renew()

        #expect(patience.wait(after: gone, at: start + .seconds(60)) != nil)
    }

    @Test("The server says when to come back; what will not change is not asked again")
    func troubleDecides() {
        var patience = Patience(.seconds(30))
        let full = MartletError(.resourceExhausted, "full", retryAfter: .seconds(7))

        let whenFull = patience.wait(after: full, at: start)
        let whenWrong = patience.wait(after: MartletError(.notFound, "no such job"), at: start)

        #expect(whenFull == .seconds(7))
        #expect(whenWrong == nil)
    }
}
