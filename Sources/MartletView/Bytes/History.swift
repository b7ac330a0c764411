internal import MartletCore

/// What can happen to a job, by the numbers that stand in a history. Numbers are only ever added.
enum Fact: UInt8 {
    case submitted = 1
    case queued, started, extended, completed, failed, lost, released, cancelled, redriven

    var name: String {
        switch self {
        case .submitted: "submitted"
        case .queued: "queued"
        case .started: "started"
        case .extended: "extended"
        case .completed: "completed"
        case .failed: "failed"
        case .lost: "lost"
        case .released: "released"
        case .cancelled: "cancelled"
        case .redriven: "redriven"
        }
    }

    init?(name: String) {
        guard let fact = (1...10).lazy.compactMap({ Fact(rawValue: $0) }).first(where: { $0.name == name }) else {
            return nil
        }
        self = fact
    }
}

/// A job's history as bytes: records one after the other, so that a fact is added without reading the rest.
///
///     version (1) · fact · state after · flags · time (8 bytes) · position (varint)
///       · attempt (varint)?  · session (16 bytes)? · failure (two texts)? · due (8 bytes)?
///
/// A fact that does not name an attempt is about the one before it: reading fills it in.
///
/// Kept are the first `kept` and the last `kept` facts of a job. Bytes are trimmed only now and then, but reading
/// shows the same whenever that was.
enum History {
    static let kept = 100
    /// A longer history is trimmed when the next fact is added.
    static let trimmedAbove = 16 << 10
    static let messageBytes = 1024

    static func append(
        _ fact: Fact, _ state: JobState, at position: ViewPosition, attempt: Int? = nil, session: SessionID? = nil,
        failure: Failure? = nil, due: Timestamp? = nil, to bytes: inout [UInt8]
    ) {
        append(
            fact, state, time: position.time, position: position.position, attempt: attempt, session: session,
            failure: failure, due: due, to: &bytes)
    }

    private static func append(
        _ fact: Fact, _ state: JobState, time: Timestamp, position: UInt64, attempt: Int?, session: SessionID?,
        failure: Failure?, due: Timestamp?, to bytes: inout [UInt8]
    ) {
        var flags: UInt8 = 0
        if attempt != nil { flags |= 1 }
        if session != nil { flags |= 2 }
        if failure != nil { flags |= 4 }
        if due != nil { flags |= 8 }
        bytes.append(1)
        bytes.append(fact.rawValue)
        bytes.append(state.rawValue)
        bytes.append(flags)
        bytes.appendFixed(time.microseconds)
        bytes.appendVarint(position)
        if let attempt { bytes.appendVarint(UInt64(clamping: attempt)) }
        if let session {
            bytes.appendFixed(session.high)
            bytes.appendFixed(session.low)
        }
        if let failure {
            bytes.appendText(failure.code)
            bytes.appendText(cut(failure.message))
        }
        if let due { bytes.appendFixed(due.microseconds) }
    }

    /// The facts in order: all, or the first and last `kept` of them.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> [HistoryEvent] {
        var reader = ByteReader(bytes)
        var events: [HistoryEvent] = []
        var attempt = 0
        while !reader.isAtEnd {
            let event = try record(from: &reader, previousAttempt: attempt)
            attempt = event.attempt
            events.append(event)
        }
        guard events.count > 2 * kept else { return events }
        return Array(events.prefix(kept) + events.suffix(kept))
    }

    /// The same history with the middle left out.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> [UInt8] {
        let events = try decode(bytes)
        var trimmed: [UInt8] = []
        for event in events {
            guard let fact = Fact(name: event.event) else { continue }
            append(
                fact, event.state, time: event.time, position: event.position, attempt: event.attempt,
                session: event.session, failure: event.failure, due: event.due, to: &trimmed)
        }
        return trimmed
    }

    private static func record(
        from reader: inout ByteReader, previousAttempt: Int
    ) throws(MalformedBytes) -> HistoryEvent {
        let version = try reader.byte()
        guard version == 1 else { throw MalformedBytes(description: "history record of version \(version)") }
        let factNumber = try reader.byte()
        let stateNumber = try reader.byte()
        guard let fact = Fact(rawValue: factNumber), let state = JobState(rawValue: stateNumber) else {
            throw MalformedBytes(description: "history record of fact \(factNumber), state \(stateNumber)")
        }
        let flags = try reader.byte()
        guard flags < 16 else { throw MalformedBytes(description: "history record with flags \(flags)") }
        var event = HistoryEvent(
            time: Timestamp(microseconds: try reader.signedFixed()), position: try reader.varint(),
            event: fact.name, attempt: previousAttempt, state: state)
        if flags & 1 != 0 { event.attempt = try reader.count() }
        if flags & 2 != 0 { event.session = SessionID(high: try reader.fixed(), low: try reader.fixed()) }
        if flags & 4 != 0 { event.failure = Failure(code: try reader.text(), message: try reader.text()) }
        if flags & 8 != 0 { event.due = Timestamp(microseconds: try reader.signedFixed()) }
        return event
    }

    /// At most `messageBytes` bytes, cut at a character.
    private static func cut(_ message: String) -> String {
        guard message.utf8.count > messageBytes else { return message }
        var end = message.startIndex
        var bytes = 0
        for index in message.indices {
            bytes += message[index].utf8.count
            guard bytes <= messageBytes else { break }
            end = message.index(after: index)
        }
        return String(message[..<end])
    }
}
