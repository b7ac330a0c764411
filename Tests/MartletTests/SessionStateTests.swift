import MartletWire
import NIOCore
import SwiftProtobuf
import Testing

@testable import Martlet

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Optional {
    func required() throws -> Wrapped { try #require(self) }
}

@Suite("A worker's session")
struct SessionStateTests {
    typealias State = SessionState<Int>

    let now = NIODeadline.now()

    /// A session that is open and works on these jobs; each one's run is its place.
    func working(on ids: String..., timeout: Duration? = nil) -> State {
        var state = State()
        _ = state.open(name: "w", queues: ["default"], concurrency: 10)
        _ = state.opened("s1")
        _ = state.received(ids.map { .make($0, timeout: timeout) }, at: now)
        for (run, id) in ids.enumerated() { state.started(.init(jobID: id, token: 1), run) }
        return state
    }

    func done(_ id: String) -> Martlet_V1_Outcome { .completed(State.Key(jobID: id, token: 1), result: Data()) }

    func reported(_ next: State.Next) -> (UInt64, [String])? {
        guard case .send(let message) = next, case .report(let report) = message.message else { return nil }
        return (report.number, report.outcomes.map(\.jobID))
    }

    @Test("Outcomes that gathered go as one report, numbered from 1")
    func outcomesAreBatched() throws {
        var state = working(on: "a", "b", "c")

        state.ended(done("a"))
        state.ended(done("b"))
        let first = try reported(state.next()).required()
        state.ended(done("c"))
        let second = try reported(state.next()).required()

        #expect(first == (1, ["a", "b"]))
        #expect(second == (2, ["c"]))
        #expect(state.next() == .wait)
    }

    @Test("After a lost connection the session goes on: what runs or is unsettled is held, and reported again")
    func sessionIsResumed() throws {
        var state = working(on: "a", "b", "c")
        state.ended(done("a"))
        _ = state.next()
        state.ended(done("b"))

        let open = state.open(name: "w", queues: ["default"], concurrency: 10)
        let beforeOpened = state.next()
        let isSame = state.opened("s1")

        #expect(open.sessionID == "s1")
        #expect(Set(open.held.map(\.jobID)) == ["a", "b", "c"])
        #expect(beforeOpened == .wait)
        #expect(isSame)
        let again = try reported(state.next()).required()
        #expect(again == (1, ["a", "b"]))
    }

    @Test("A settled outcome is not reported again")
    func settledIsDone() {
        var state = working(on: "a", "b")
        state.ended(done("a"))
        _ = state.next()

        let refused = state.settled(.with { $0.number = 1 })
        let open = state.open(name: "w", queues: ["default"], concurrency: 10)

        #expect(refused.isEmpty)
        #expect(state.unsettled == 0)
        #expect(open.held.map(\.jobID) == ["b"])
    }

    @Test("A late outcome that is refused is over; a result that the server cannot keep fails the attempt instead")
    func refusedResultBecomesFailure() throws {
        var state = working(on: "late", "large")
        state.ended(done("late"))
        state.ended(done("large"))
        _ = state.next()

        let refused = state.settled(
            .with { settled in
                settled.number = 1
                settled.refused = [("late", "stale-attempt"), ("large", "too-large")].map { id, reason in
                    .with {
                        ($0.jobID, $0.token) = (id, 1)
                        $0.refusal.reason = reason
                    }
                }
            })

        #expect(refused.map(\.outcome.jobID) == ["late", "large"])
        guard case .send(let message) = state.next() else {
            Issue.record("nothing is reported")
            return
        }
        #expect(message.report.outcomes.map(\.jobID) == ["large"])
        #expect(message.report.outcomes.map(\.failed.failure.code) == ["result-refused"])
    }

    @Test("An attempt that takes too long has failed at once; its handler is cancelled, and its late word dropped")
    func timeoutFails() throws {
        var state = working(on: "a", timeout: .seconds(3))

        let early = state.expire(at: now + .milliseconds(2999))
        let late = state.expire(at: now + .seconds(3))
        let counts = state.ended(done("a"))

        #expect(state.nextDeadline == nil)
        #expect((early, late) == ([], [0]))
        #expect(!counts)
        guard case .send(let message) = state.next() else {
            Issue.record("nothing is reported")
            return
        }
        #expect(message.report.outcomes.map(\.failed.failure.code) == ["timeout"])
        #expect(state.unsettled == 1)
    }

    @Test("A revoked attempt's handler is cancelled, and its word dropped")
    func revokedIsDropped() {
        var state = working(on: "a", "b")

        let runs = state.revoked([.init(State.Key(jobID: "b", token: 1)), .init(State.Key(jobID: "a", token: 7))])

        let counts = (state.ended(done("b")), state.ended(done("a")))

        #expect(runs == [1])
        #expect(counts == (false, true))
    }

    @Test("An attempt that arrives twice runs once")
    func duplicateRunsOnce() {
        var state = working(on: "a")

        #expect(state.received([.make("a"), .make("a", token: 2)], at: now).map(\.token) == [2])
    }

    @Test("A draining session says so first, on every stream, and gives back what still arrives")
    func drainingGivesBack() throws {
        var state = working(on: "a")
        state.drain()
        state.ended(done("a"))

        let said = state.next()
        let arrived = state.received([.make("b")], at: now)
        let report = try reported(state.next()).required()
        _ = state.open(name: "w", queues: ["default"], concurrency: 10)
        _ = state.opened("s1")

        #expect(said == .send(.with { $0.drain = .init() }))
        #expect(arrived.isEmpty)
        #expect(report == (1, ["a", "b"]))
        #expect(state.next() == .send(.with { $0.drain = .init() }))
    }

    @Test("A closing session closes its stream when all is settled, and not before")
    func closingWaitsForSettlement() {
        var state = working(on: "a")
        state.drain()
        _ = state.next()
        state.releaseRunning()
        state.close()

        let report = reported(state.next())
        let before = state.next()
        _ = state.settled(.with { $0.number = 1 })

        #expect(report?.1 == ["a"])
        #expect(before == .wait)
        #expect(state.next() == .close)
    }

    @Test("A goodbye is answered with what there is to report, then by closing")
    func goodbyeIsAnswered() {
        var state = working(on: "a", "b")
        state.ended(done("a"))

        state.leave()

        #expect(reported(state.next())?.1 == ["a"])
        #expect(state.next() == .wait)
        _ = state.settled(.with { $0.number = 1 })
        #expect(state.next() == .close)
        #expect(state.running.count == 1)
    }

    @Test("A heartbeat is sent when three quarters of the interval passed in silence, and only then")
    func heartbeatBreaksSilence() {
        var state = working()
        var silence = 0

        let ticks = (1...3).map { _ in state.tick(&silence) }
        let beat = state.next()
        let after = (1...3).map { _ in state.tick(&silence) }

        #expect(ticks == [false, false, true])
        #expect(beat == .send(.with { $0.heartbeat = .init() }))
        #expect(after == [false, false, false])
    }

    @Test("A report stays below the size of a message")
    func reportsAreBounded() throws {
        var state = working(on: "a", "b", "c")
        for id in ["a", "b", "c"] {
            state.ended(.completed(State.Key(jobID: id, token: 1), result: Data(repeating: 0, count: 2 << 20)))
        }

        let first = try reported(state.next()).required()
        let second = try reported(state.next()).required()

        #expect(first.1 == ["a"])
        #expect(second.1 == ["b"])
    }
}
