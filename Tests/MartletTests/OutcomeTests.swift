import MartletWire
import NIOCore
import SwiftProtobuf
import Testing

@testable import Martlet

@Suite("What a worker says of an attempt")
struct OutcomeTests {
    typealias State = SessionState<Int>

    let key = State.Key(jobID: "a", token: 1)
    let refusal = Martlet_V1_Refusal.with {
        ($0.reason, $0.message) = ("invalid-field", "failure.code: it must be a name")
    }

    static let longest = Duration.seconds(30 * 24 * 3600)
    /// What a handler asks for, and what goes out.
    static let waits: [(Duration, Duration)] = [
        (.seconds(-5), .zero),
        (.nanoseconds(-1), .zero),
        (.milliseconds(1500), .milliseconds(1500)),
        (longest, longest),
        (longest + .nanoseconds(1), longest),
    ]

    @Test("A wait that no server takes becomes the nearest that it does", arguments: OutcomeTests.waits)
    func waitIsClamped(asked: Duration, carried: Duration) {
        let outcome = Martlet_V1_Outcome.thrown(RetryJob(after: asked, message: "later"), key)

        let wire = outcome.failed.retryAfter
        let found = Duration.seconds(wire.seconds) + Duration.nanoseconds(Int64(wire.nanos))
        #expect(outcome.failed.hasRetryAfter)
        #expect(found == carried)
    }

    @Test("A failure that is refused is replaced by a plain one with the same fate, which says what was refused")
    func refusedFailureIsReplaced() throws {
        let failed = Martlet_V1_Outcome.failed(
            key, code: "no such user", message: "user 7", isFinal: true, retryAfter: .seconds(9))

        let other = try #require(failed.replacement(after: refusal))

        #expect((other.jobID, other.token) == ("a", 1))
        #expect(other.failed.failure.code == "error")
        #expect(
            other.failed.failure.message
                == "the server refused the code \"no such user\" (failure.code: it must be a name): user 7")
        #expect(other.failed.isFinal)
        #expect(other.failed.retryAfter.seconds == 9)
    }

    @Test("The replacement's message is cut like any other")
    func replacementIsCut() throws {
        let failed = Martlet_V1_Outcome.failed(
            key, code: String(repeating: "?", count: 5000), message: String(repeating: "x", count: 5000))

        let other = try #require(failed.replacement(after: refusal))
        let message = other.failed.failure.message

        #expect(message.utf8.count == 4096)
        #expect(message.contains("it must be a name"))
    }

    @Test("A refused failure is reported once more, and no further when that is refused too")
    func refusedFailureIsReportedOnce() {
        var state = State()
        _ = state.open(name: "w", queues: ["default"], concurrency: 10)
        _ = state.opened("s1")
        _ = state.received([.make("a")], at: .now())
        state.ended(.failed(key, code: "no such user", message: "user 7"))
        let first = reportedCodes(state.next())

        _ = state.settled(refused(1))
        let second = reportedCodes(state.next())
        _ = state.settled(refused(2))

        #expect(first == ["no such user"])
        #expect(second == ["error"])
        #expect(state.next() == .wait)
        #expect(state.unsettled == 0)
    }

    @Test("A failure that came too late is not replaced")
    func lateFailureIsNotReplaced() {
        let failed = Martlet_V1_Outcome.failed(key, code: "no such user", message: "user 7")

        #expect(failed.replacement(after: .with { $0.reason = "stale-attempt" }) == nil)
    }

    private func reportedCodes(_ next: State.Next) -> [String]? {
        guard case .send(let message) = next else { return nil }
        return message.report.outcomes.map(\.failed.failure.code)
    }

    /// The server's word on a report whose only outcome it refuses.
    private func refused(_ number: UInt64) -> Martlet_V1_Settled {
        .with { settled in
            settled.number = number
            settled.refused = [.with { ($0.jobID, $0.token, $0.refusal) = ("a", 1, refusal) }]
        }
    }
}
