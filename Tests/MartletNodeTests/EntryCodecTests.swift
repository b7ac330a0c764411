import Foundation
import MartletCore
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletNode

@Suite("The entry codec")
struct EntryCodecTests {
    @Test("Every kind of event comes back as it was written", arguments: Samples.events)
    func roundTrip(event: Event) throws {
        let body = EntryCodec.encode([event], sizeHint: 0)

        #expect(try EntryCodec.decode(body) == [event])
    }

    @Test("Events of one body keep their order and share their names")
    func orderAndNames() throws {
        let body = EntryCodec.encode(Samples.events, sizeHint: 0)

        #expect(try EntryCodec.decode(body) == Samples.events)
        #expect(try Martlet_Log_V1_Body(serializedBytes: body).names == ["mail", "send", "other"])
    }

    @Test("The code generated from the .proto file reads what the codec writes, and the codec what that writes")
    func agreesWithGeneratedCode() throws {
        let body = EntryCodec.encode(Samples.events, sizeHint: 0)

        let generated = try Martlet_Log_V1_Body(serializedBytes: body)
        let rewritten: [UInt8] = try generated.serializedBytes()

        #expect(generated.version == 1)
        #expect(generated.events.count == Samples.events.count)
        #expect(generated.events.allSatisfy { $0.event != nil && $0.unknownFields.data.isEmpty })
        #expect(generated.events[2].submitted.payload == Data([1, 2, 3]))
        #expect(generated.events[2].submitted.idempotencyKey == "order-7")
        #expect(try EntryCodec.decode(rewritten) == Samples.events)
    }

    @Test("A body of a newer version, or with an event of an unknown number, is refused")
    func newerIsRefused() throws {
        var newer = Martlet_Log_V1_Body()
        newer.version = 2
        var unknown = ProtobufWriter()
        unknown.field(3, 1)
        unknown.message(2) { $0.message(99) { $0.field(1, 1) } }

        #expect(throws: CodecError.self) { try EntryCodec.decode(try newer.serializedBytes()) }
        #expect(throws: CodecError.self) { try EntryCodec.decode(unknown.bytes) }
    }

    @Test("A value that no leader writes is refused", arguments: Samples.strange)
    func strangeValueIsRefused(alter: @Sendable (inout Martlet_Log_V1_Body) -> Void) throws {
        var body = try Martlet_Log_V1_Body(serializedBytes: EntryCodec.encode(Samples.events, sizeHint: 0))
        let intact: [UInt8] = try body.serializedBytes()
        alter(&body)
        let altered: [UInt8] = try body.serializedBytes()

        #expect(try EntryCodec.decode(intact) == Samples.events)
        #expect(throws: CodecError.self) { try EntryCodec.decode(altered) }
    }

    @Test("A field that is laid out in another way is not that field")
    func otherLayoutIsPassedOver() throws {
        var writer = ProtobufWriter()
        writer.field(3, 1)
        writer.message(2) { $0.message(1) { $0.fixed(1, 7) } }

        // Without its epoch the event is none.
        #expect(throws: CodecError.self) { try EntryCodec.decode(writer.bytes) }
    }

    @Test("A field that is said twice is refused")
    func doubledFieldIsRefused() throws {
        var writer = ProtobufWriter()
        writer.field(3, 1)
        writer.message(2) {
            $0.message(1) {
                $0.field(1, 7)
                $0.field(1, 8)
            }
        }

        #expect(throws: CodecError.self) { try EntryCodec.decode(writer.bytes) }
    }

    @Test("A field that this release does not know is passed over")
    func unknownFieldIsPassedOver() throws {
        var writer = ProtobufWriter()
        writer.field(3, 1)
        writer.message(2) {
            $0.message(1) {
                $0.field(1, 7)
                $0.field(15, 9)
                $0.field(200, "later")
            }
        }

        #expect(try EntryCodec.decode(writer.bytes) == [.leaderStarted(epoch: 7)])
    }

    @Test("A body cut at any byte is an error or a shorter list, never a trap")
    func truncation() {
        let body = EntryCodec.encode(Samples.events, sizeHint: 0)
        var readable = 0
        for length in 0..<body.count {
            if let events = try? EntryCodec.decode(Array(body[..<length])) {
                readable += 1
                #expect(events.count < Samples.events.count)
            }
        }
        // Cuts between two fields read as a shorter body; the entry's hash is what finds those.
        #expect(readable < body.count / 4)
    }

    @Test("Bytes that are anything at all never trap the reader", arguments: 0..<8)
    func anything(seed: UInt64) {
        var state = seed
        let body = EntryCodec.encode(Samples.events, sizeHint: 0)
        for _ in 0..<5000 {
            var damaged = body
            for _ in 0..<3 {
                state = SplitMix64.mix(state)
                damaged[Int(state % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: state >> 32)
            }
            // The outcome is free; that there is one is what counts.
            _ = try? EntryCodec.decode(damaged)
        }
    }
}

enum Samples {
    static let job = Subject(id: JobID(high: 0x0192_0000_0000_7ABC, low: 1 << 63 | 5), number: 300, queue: "mail")
    static let other = Subject(id: JobID(high: 0x0192_0000_0000_7ABD, low: 1 << 63 | 6), number: 301, queue: "other")
    static let token = FencingToken(77)
    static let time = Timestamp(microseconds: 1_790_000_000_123_456)
    static let client = ClientID(high: 1, low: 2)

    static let events: [Event] = [
        .leaderStarted(epoch: 3),
        .numbered(.init(stamp: SubmissionStamp(client: client, sequence: 9), seed: .max, count: 2)),
        .submitted(
            .init(
                job: job, kind: "send", payload: [1, 2, 3], priority: 9, due: time, timeout: .seconds(90),
                retry: .standard, idempotency: Idempotency(key: "order-7", fingerprint: 0xFEED),
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        .submitted(
            .init(
                job: other, kind: "send", payload: [UInt8](repeating: 7, count: 300), priority: 0, due: nil,
                timeout: nil,
                retry: RetryPolicy(attempts: 1, initialBackoff: .zero, maxBackoff: .zero), idempotency: nil,
                traceparent: nil)),
        .queued(job, from: .scheduled),
        .started(
            .init(
                job: job, attempt: 1,
                lease: Lease(token: token, session: SessionID(high: 5, low: 6), until: nil, timesOut: nil))),
        .started(
            .init(
                job: other, attempt: 2,
                lease: Lease(
                    token: FencingToken(78), session: SessionID(high: 5, low: 0), until: time,
                    timesOut: Timestamp(microseconds: 0)))),
        .extended(job, token: token, until: time),
        .completed(.init(job: job, attempt: 1, token: token, result: [UInt8](repeating: 1, count: 200))),
        .failed(
            .init(
                job: job, attempt: 1, token: token, failure: Failure(code: "error", message: "zu groß"), failures: 1,
                due: time, seed: 12)),
        .failed(
            .init(
                job: job, attempt: 25, token: token, failure: Failure(code: "", message: ""), failures: 25, due: nil,
                seed: 0)),
        .lost(.init(job: job, attempt: 1, token: token, losses: 1, isQuarantined: false)),
        .lost(.init(job: job, attempt: 5, token: token, losses: 5, isQuarantined: true)),
        .released(job, attempt: 1, token: token),
        .cancelled(job, from: .running),
        .redriven(job),
    ]
}

extension Samples {
    static let strange: [@Sendable (inout Martlet_Log_V1_Body) -> Void] = [
        { $0.names[0] = "" },
        { $0.events[0].leaderStarted.epoch = .max },
        { $0.events[2].submitted.job.number = 0 },
        { $0.events[2].submitted.job.number = .max },
        { $0.events[2].submitted.job.queue = 99 },
        { $0.events[2].submitted.priority = 10 },
        { $0.events[2].submitted.timeout = .max },
        { $0.events[5].started.token = .max },
        { $0.events[5].started.token = 0 },
        { $0.events[5].started.attempt = 0 },
    ]
}
