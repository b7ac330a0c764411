import MartletCore
import MartletWire

/// Reads one event back. An event that this release does not know is an error, never passed over: what it
/// says would be missing from the state. A field that it does not know is passed over.
struct EventReader {
    let names: [String]

    func read(_ message: ProtobufReader) throws(ProtobufError) -> Event {
        var message = message
        guard let event = try message.next() else { throw .invalid(field: "event") }
        let fields = try EventFields(try message.message(), event: event, names: names)
        guard try message.next() == nil else { throw .invalid(field: "event") }
        switch event {
        case 1: return .leaderStarted(epoch: fields.number(1))
        case 2: return .numbered(try fields.numbered())
        case 3: return .submitted(try fields.submitted())
        case 4: return .queued(try fields.job(), from: try fields.state(2))
        case 5: return .started(try fields.started())
        case 6:
            let until = Timestamp(microseconds: Int64(bitPattern: fields.number(3)))
            return .extended(try fields.job(), token: FencingToken(fields.number(2)), until: until)
        case 7:
            return .completed(
                Event.Completed(
                    job: try fields.job(), attempt: try fields.int(2), token: fields.token, result: fields.bytes(4)))
        case 8: return .failed(try fields.failed())
        case 9:
            return .lost(
                Event.Lost(
                    job: try fields.job(), attempt: try fields.int(2), token: fields.token, losses: try fields.int(4),
                    isQuarantined: fields.number(5) != 0))
        case 10: return .released(try fields.job(), attempt: try fields.int(2), token: fields.token)
        case 11: return .cancelled(try fields.job(), from: try fields.state(2))
        case 12: return .redriven(try fields.job())
        default: throw .invalid(field: "event \(event)")
        }
    }
}

/// The fields of one event, by number: few and small, so a plain table serves every kind of event.
private struct EventFields {
    private var numbers = [UInt64?](repeating: nil, count: 16)
    private var texts = [[UInt8]?](repeating: nil, count: 16)
    private var subject: Subject?
    private let names: [String]

    init(_ message: ProtobufReader, event: Int, names: [String]) throws(ProtobufError) {
        self.names = names
        var message = message
        while let field = try message.next() {
            guard field < 16 else {
                try message.skip()
                continue
            }
            switch message.wireType {
            case .varint: numbers[field] = try message.varint()
            case .fixed64: numbers[field] = try message.fixed64()
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
            switch field {
            case 1: high = try message.fixed64()
            case 2: low = try message.fixed64()
            case 3: number = try message.varint()
            case 4: queue = try message.varint()
            default: try message.skip()
            }
        }
        return Subject(id: JobID(high: high, low: low), number: number, queue: try name(queue))
    }

    private func name(_ index: UInt64) throws(ProtobufError) -> String {
        guard let index = Int(exactly: index), names.indices.contains(index) else { throw .invalid(field: "name") }
        return names[index]
    }

    func number(_ field: Int) -> UInt64 { numbers[field] ?? 0 }
    func bytes(_ field: Int) -> [UInt8] { texts[field] ?? [] }
    var token: FencingToken { FencingToken(number(3)) }

    func job() throws(ProtobufError) -> Subject {
        guard let subject else { throw .invalid(field: "job") }
        return subject
    }

    func int(_ field: Int) throws(ProtobufError) -> Int {
        guard let value = Int(exactly: number(field)) else { throw .invalid(field: "\(field)") }
        return value
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
        let client = ClientID(high: number(1), low: number(2))
        return Event.Numbered(
            stamp: SubmissionStamp(client: client, sequence: number(3)), seed: number(4), count: try int(5))
    }

    func submitted() throws(ProtobufError) -> Event.Submitted {
        guard let priority = UInt8(exactly: number(4)) else { throw .invalid(field: "priority") }
        let retry = RetryPolicy(attempts: try int(7), initialBackoff: try duration(8), maxBackoff: try duration(9))
        let key = try text(10)
        return Event.Submitted(
            job: try job(), kind: try name(number(2)), payload: bytes(3), priority: priority, due: instant(5),
            timeout: numbers[6] == nil ? nil : try duration(6), retry: retry,
            idempotency: key.isEmpty ? nil : Idempotency(key: key, fingerprint: number(11)),
            traceparent: texts[12] == nil ? nil : try text(12))
    }

    func started() throws(ProtobufError) -> Event.Started {
        let session = SessionID(high: number(4), low: number(5))
        let lease = Lease(token: token, session: session, until: instant(6), timesOut: instant(7))
        return Event.Started(job: try job(), attempt: try int(2), lease: lease)
    }

    func failed() throws(ProtobufError) -> Event.Failed {
        Event.Failed(
            job: try job(), attempt: try int(2), token: token,
            failure: Failure(code: try text(4), message: try text(5)), failures: try int(6), due: instant(7),
            seed: number(8))
    }
}
