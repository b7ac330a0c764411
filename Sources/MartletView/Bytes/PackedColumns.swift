internal import MartletCore

/// Columns that are only ever read as a whole, packed into bytes: fewer columns make a row quicker to write.
/// Each starts with a version byte.
enum PackedColumns {
    /// What a submission fixed for good and few jobs set. Nil when all of it is left at its default.
    struct Policy: Equatable {
        var timeout: Duration?
        var retry = RetryPolicy.standard
        var traceparent: String?
        var idempotencyKey: String?
    }

    static func encode(_ policy: Policy) -> [UInt8]? {
        guard policy != Policy() else { return nil }
        var flags: UInt8 = 0
        if policy.timeout != nil { flags |= 1 }
        if policy.retry != .standard { flags |= 2 }
        if policy.traceparent != nil { flags |= 4 }
        if policy.idempotencyKey != nil { flags |= 8 }
        var bytes: [UInt8] = [1, flags]
        if let timeout = policy.timeout { bytes.appendFixed(timeout.inMicroseconds) }
        if policy.retry != .standard {
            bytes.appendVarint(UInt64(clamping: policy.retry.attempts))
            bytes.appendFixed(policy.retry.initialBackoff.inMicroseconds)
            bytes.appendFixed(policy.retry.maxBackoff.inMicroseconds)
        }
        if let traceparent = policy.traceparent { bytes.appendText(traceparent) }
        if let key = policy.idempotencyKey { bytes.appendText(key) }
        return bytes
    }

    static func decodePolicy(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> Policy {
        var reader = try start(bytes, "policy")
        let flags = try reader.byte()
        guard (1..<16).contains(flags) else { throw MalformedBytes(description: "policy with flags \(flags)") }
        var policy = Policy()
        if flags & 1 != 0 { policy.timeout = .microseconds(try reader.signedFixed()) }
        if flags & 2 != 0 {
            policy.retry = RetryPolicy(
                attempts: try reader.count(), initialBackoff: .microseconds(try reader.signedFixed()),
                maxBackoff: .microseconds(try reader.signedFixed()))
        }
        guard policy.retry != .standard || flags & 2 == 0 else {
            throw MalformedBytes(description: "policy that spells out the standard")
        }
        if flags & 4 != 0 { policy.traceparent = try reader.text() }
        if flags & 8 != 0 { policy.idempotencyKey = try reader.text() }
        try reader.end()
        return policy
    }

    static func encode(_ failure: Failure) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.appendText(failure.code)
        bytes.appendText(failure.message)
        return bytes
    }

    static func decodeFailure(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> Failure {
        var reader = try start(bytes, "failure")
        let failure = Failure(code: try reader.text(), message: try reader.text())
        try reader.end()
        return failure
    }

    /// What an extension leaves as it is.
    struct Hold: Equatable {
        var session: SessionID
        var timesOut: Timestamp?
    }

    static func encode(_ hold: Hold) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(25)
        bytes.appendFixed(hold.session.high)
        bytes.appendFixed(hold.session.low)
        if let timesOut = hold.timesOut { bytes.appendFixed(timesOut.microseconds) }
        return bytes
    }

    static func decodeHold(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> Hold {
        var reader = try start(bytes, "lease")
        let session = SessionID(high: try reader.fixed(), low: try reader.fixed())
        let timesOut = reader.isAtEnd ? nil : Timestamp(microseconds: try reader.signedFixed())
        try reader.end()
        return Hold(session: session, timesOut: timesOut)
    }

    static func encode(_ submissions: [RememberedSubmission]) -> [UInt8] {
        var bytes: [UInt8] = [1]
        for submission in submissions {
            bytes.appendVarint(submission.sequence)
            bytes.appendFixed(submission.time.microseconds)
            bytes.appendFixed(submission.seed)
            bytes.appendVarint(UInt64(clamping: submission.count))
        }
        return bytes
    }

    static func decodeSubmissions(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> [RememberedSubmission] {
        var reader = try start(bytes, "submissions")
        var submissions: [RememberedSubmission] = []
        while !reader.isAtEnd {
            submissions.append(
                RememberedSubmission(
                    sequence: try reader.varint(), time: Timestamp(microseconds: try reader.signedFixed()),
                    seed: try reader.fixed(), count: try reader.count()))
        }
        return submissions
    }

    /// 16 bytes, big-endian, so that identifiers sort by time in an index.
    static func encode(high: UInt64, low: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.storeBytes(of: high.bigEndian, as: UInt64.self)
            raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            count = 16
        }
    }

    static func decodeHalves(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) -> (high: UInt64, low: UInt64) {
        guard bytes.count == 16 else { throw MalformedBytes(description: "identifier of \(bytes.count) bytes") }
        return (
            UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    private static func start(
        _ bytes: UnsafeRawBufferPointer, _ what: String
    ) throws(MalformedBytes) -> ByteReader {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == 1 else { throw MalformedBytes(description: "\(what) of version \(version)") }
        return reader
    }
}
