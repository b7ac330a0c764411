import MartletCore
import MartletWire

/// Reads one event back. An event that this release does not know is an error, never passed over: what it
/// says would be missing from the state. A field that it does not know is passed over. A value that no leader writes is
/// an error, too: whoever follows the events may count on them.
struct EventReader {
    let names: [String]

    func read(_ message: ProtobufReader) throws(ProtobufError) -> Event {
        var message = message
        guard let event = try message.next() else { throw .invalid(field: "event") }
        let fields = try EventFields(try message.message(), event: event, names: names)
        guard try message.next() == nil else { throw .invalid(field: "event") }
        switch event {
        case 1: return .leaderStarted(epoch: try fields.ordinal(1))
        case 2: return .numbered(try fields.numbered())
        case 3: return .submitted(try fields.submitted())
        case 4: return .queued(try fields.job(), from: try fields.state(2))
        case 5: return .started(try fields.started())
        case 6:
            let until = Timestamp(microseconds: Int64(bitPattern: fields.number(3)))
            return .extended(try fields.job(), token: try fields.token(2), until: until)
        case 7:
            return .completed(
                Event.Completed(
                    job: try fields.job(), attempt: try fields.attempt(), token: try fields.token(3),
                    result: fields.bytes(4)))
        case 8: return .failed(try fields.failed())
        case 9:
            return .lost(
                Event.Lost(
                    job: try fields.job(), attempt: try fields.attempt(), token: try fields.token(3),
                    losses: try fields.int(4), isQuarantined: fields.number(5) != 0))
        case 10: return .released(try fields.job(), attempt: try fields.attempt(), token: try fields.token(3))
        case 11: return .cancelled(try fields.job(), from: try fields.state(2))
        case 12: return .redriven(try fields.job())
        default: throw .invalid(field: "event \(event)")
        }
    }
}

/// The fields of one event, by number: few and small, so a plain table serves every kind of event.
private struct EventFields {
    private var numbers = [UInt64?](repeating: nil, count: 16)
    private var words = [UInt64](repeating: 0, count: 16)
    private var texts = [[UInt8]?](repeating: nil, count: 16)
    private var subject: Subject?
    /// One bit for each field that was there.
    private var seen: UInt16 = 0
    private let names: [String]

    init(_ message: ProtobufReader, event: Int, names: [String]) throws(ProtobufError) {
        self.names = names
        var message = message
        while let field = try message.next() {
            guard field < 16 else {
                try message.skip()
                continue
            }
            // No leader writes a field twice: the bytes of the first would pass unread.
            guard seen & 1 << field == 0 else { throw .invalid(field: "\(field)") }
            seen |= 1 << field
            switch message.wireType {
            case .varint: numbers[field] = try message.varint()
            case .fixed64: words[field] = try message.fixed64()
            case .delimited where field == 1 && event > 2: subject = try readSubject(try message.message())
            case .delimited: texts[field] = try message.array()
            case .fixed32: try message.skip()
            }
        }
    }

    private func readSubject(_ message: ProtobufReader) throws(ProtobufError) -> Subject {
        var message = message
        var (high, low, number, queue): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while let field = try message.next() {
            switch (field, message.wireType) {
            case (1, .fixed64): high = try message.fixed64()
            case (2, .fixed64): low = try message.fixed64()
            case (3, .varint): number = try message.varint()
            case (4, .varint): queue = try message.varint()
            default: try message.skip()
            }
        }
        guard Self.ordinals.contains(number) else { throw .invalid(field: "number") }
        return Subject(id: JobID(high: high, low: low), number: number, queue: try name(queue))
    }

    private func name(_ index: UInt64) throws(ProtobufError) -> String {
        guard let index = Int(exactly: index), names.indices.contains(index), !names[index].isEmpty else {
            throw .invalid(field: "name")
        }
        return names[index]
    }

    /// What counts up by ones: the view keeps it as a signed number, and there is always a next one.
    private static let ordinals = 1..<UInt64(Int64.max)

    func number(_ field: Int) -> UInt64 { numbers[field] ?? 0 }
    func word(_ field: Int) -> UInt64 { words[field] }
    func bytes(_ field: Int) -> [UInt8] { texts[field] ?? [] }
    func token(_ field: Int) throws(ProtobufError) -> FencingToken { FencingToken(try ordinal(field)) }

    func ordinal(_ field: Int) throws(ProtobufError) -> UInt64 {
        guard Self.ordinals.contains(number(field)) else { throw .invalid(field: "\(field)") }
        return number(field)
    }

    /// Attempts are counted from 1.
    func attempt() throws(ProtobufError) -> Int {
        let attempt = try int(2)
        guard attempt > 0 else { throw .invalid(field: "attempt") }
        return attempt
    }

    func job() throws(ProtobufError) -> Subject {
        guard let subject else { throw .invalid(field: "job") }
        return subject
    }

    func int(_ field: Int) throws(ProtobufError) -> Int {
        guard let value = UInt32(exactly: number(field)) else { throw .invalid(field: "\(field)") }
        return Int(value)
    }

    func state(_ field: Int) throws(ProtobufError) -> JobState {
        guard let raw = UInt8(exactly: number(field)), let state = JobState(rawValue: raw) else {
            throw .invalid(field: "state")
        }
        return state
    }

    func text(_ field: Int) throws(ProtobufError) -> String {
        guard let text = String(validating: bytes(field), as: UTF8.self) else { throw .invalid(field: "\(field)") }
        return text
    }

    func instant(_ field: Int) -> Timestamp? {
        numbers[field].map { Timestamp(microseconds: Int64(bitPattern: $0)) }
    }

    func duration(_ field: Int) throws(ProtobufError) -> Duration {
        guard let microseconds = Int64(exactly: number(field)) else { throw .invalid(field: "\(field)") }
        return .microseconds(microseconds)
    }

    func numbered() throws(ProtobufError) -> Event.Numbered {
        let client = ClientID(high: word(1), low: word(2))
        return Event.Numbered(
            stamp: SubmissionStamp(client: client, sequence: number(3)), seed: word(4), count: try int(5))
    }

    func submitted() throws(ProtobufError) -> Event.Submitted {
        guard let priority = UInt8(exactly: number(4)), priority <= 9 else { throw .invalid(field: "priority") }
        let retry = RetryPolicy(attempts: try int(7), initialBackoff: try duration(8), maxBackoff: try duration(9))
        let key = try text(10)
        return Event.Submitted(
            job: try job(), kind: try name(number(2)), payload: bytes(3), priority: priority, due: instant(5),
            timeout: numbers[6] == nil ? nil : try duration(6), retry: retry,
            idempotency: key.isEmpty ? nil : Idempotency(key: key, fingerprint: word(11)),
            traceparent: bytes(12).isEmpty ? nil : try text(12))
    }

    func started() throws(ProtobufError) -> Event.Started {
        let session = SessionID(high: word(4), low: word(5))
        let lease = Lease(token: try token(3), session: session, until: instant(6), timesOut: instant(7))
        return Event.Started(job: try job(), attempt: try attempt(), lease: lease)
    }

    func failed() throws(ProtobufError) -> Event.Failed {
        Event.Failed(
            job: try job(), attempt: try attempt(), token: try token(3),
            failure: Failure(code: try text(4), message: try text(5)), failures: try int(6), due: instant(7),
            seed: word(8))
    }
}
