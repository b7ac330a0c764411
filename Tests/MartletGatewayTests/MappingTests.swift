import MartletCore
import MartletNode
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletGateway

@Suite("From the wire and back")
struct MappingTests {
    @Test("Durations outside protobuf's range are refused with their field, never trapped on")
    func durations() throws {
        let bad: [(Int64, Int32)] = [
            (-1, 0), (0, -1), (.min, .min), (.max, .max), (315_576_000_001, 0), (0, 1_000_000_000), (1, -1),
        ]
        for (seconds, nanos) in bad {
            let error = #expect(throws: Problem.self) {
                try Duration(wire: .init(seconds: seconds, nanos: nanos), field: "delay")
            }
            #expect(error?.field == "delay" && error?.reason == .invalidField)
        }
        #expect(try Duration(wire: .init(seconds: 1, nanos: 500), field: "") == .nanoseconds(1_000_000_500))
        #expect(Google_Protobuf_Duration(wire: .seconds(Int64.max)).seconds == 315_576_000_000)
        #expect(Google_Protobuf_Duration(wire: .milliseconds(-1500)) == .init(seconds: -1, nanos: -500_000_000))
    }

    @Test("Instants outside protobuf's range are refused, and those before 1970 survive the way back")
    func timestamps() throws {
        for (seconds, nanos) in [(Int64.max, Int32(0)), (.min, 0), (0, -1), (0, 1_000_000_000)] {
            #expect(throws: Problem.self) {
                try Timestamp(wire: .init(seconds: seconds, nanos: nanos), field: "run_at")
            }
        }
        let before = Timestamp(microseconds: -1)
        let wire = Google_Protobuf_Timestamp(wire: before)
        #expect(wire.seconds == -1 && wire.nanos == 999_999_000)
        #expect(try Timestamp(wire: wire, field: "") == before)
        #expect(Google_Protobuf_Timestamp(wire: .distantFuture).seconds == 253_402_300_799)
    }

    @Test("A spec takes the server's defaults for what is left out")
    func defaults() throws {
        let spec = try JobSpec(wire: .with { $0.kind = "k" }, place: "")
        #expect(spec == JobSpec(kind: "k"))
        let full = try JobSpec(
            wire: .with {
                $0.kind = "k"
                $0.priority = 0
                $0.payloadText = "é"
                $0.delay = .init(seconds: 2)
                $0.retry.attempts = 3
                $0.idempotencyKey = "key"
            }, place: "")
        #expect(full.priority == 0 && full.payload == [0xC3, 0xA9] && full.start == .after(.seconds(2)))
        #expect(full.retry.attempts == 3 && full.retry.maxBackoff == .seconds(3600) && full.idempotencyKey == "key")
    }

    @Test("A page token is only what this server gave")
    func pageTokens() throws {
        for position in [0, 35, 36, UInt64.max] {
            let token = PageToken(position: position)
            #expect(try PageToken(wire: token.text, field: "") == token)
        }
        for text in ["p", "p-1", "p+1", "P1", "p01", "1", "pZ", "pzzzzzzzzzzzzzzzz"] {
            #expect(throws: Problem.self, "\(text)") { try PageToken(wire: text, field: "page_token") }
        }
    }

    @Test("Waiting times are rounded up")
    func retryAfter() {
        #expect(Duration.milliseconds(1001).wholeSeconds == 2)
        #expect(Duration.seconds(1).wholeSeconds == 1)
        #expect(Duration.microseconds(1).wholeMilliseconds == 1)
    }

    @Test("A departure wakes all who wait, and a cancelled wait does not use it up")
    func departure() async throws {
        let departure = Departure()
        let cancelled = Task { await departure.wait() }
        cancelled.cancel()
        await cancelled.value
        let waiting = (0..<3).map { _ in Task { await departure.wait() } }
        departure.happen()
        for task in waiting { await task.value }
        await departure.wait()
    }
}
