internal import GRPCCore
internal import GRPCProtobuf
internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

/// One message of a worker.
enum WorkerLetter: Sendable {
    /// A report of completed attempts, as nearly all are.
    case completed(number: UInt64, [AttemptOutcome])
    /// Anything else, read by the generated code.
    case general(Martlet_V1_WorkerMessage)

    struct Reading: MessageDeserializer {
        func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> WorkerLetter {
            try bytes.withUnsafeBytes { bytes in
                let most = WorkerLetter.isOpening(bytes) ? WireShape.maxFieldsOfOpening : WireShape.maxFields
                try WireShape.check(bytes, depth: 2, most: most)
            }
            if let report = bytes.withUnsafeBytes(WorkerLetter.completed) { return report }
            return .general(try ProtobufDeserializer<Martlet_V1_WorkerMessage>().deserialize(bytes))
        }
    }

    /// Whether an `Open` is all that there is: what comes behind one is read too, and must be as short as without it.
    private static func isOpening(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            var letter = ProtobufReader(bytes)
            guard try letter.next() == 1 else { return false }
            try letter.skip()
            return try letter.next() == nil
        } catch {
            // Words for it has whoever reads it all.
            return false
        }
    }

    /// Nil: another message, or not well formed.
    static func completed(_ bytes: UnsafeRawBufferPointer) -> WorkerLetter? {
        do {
            var letter = ProtobufReader(bytes)
            guard try letter.next() == 2 else { return nil }
            var report = try letter.message()
            // A second part would be merged with the first.
            guard try letter.next() == nil else { return nil }
            var number: UInt64 = 0
            var outcomes: [AttemptOutcome] = []
            while let field = try report.next() {
                switch field {
                case 1: number = try report.varint()
                case 2:
                    guard let outcome = try completion(report.message()) else { return nil }
                    outcomes.append(outcome)
                default: return nil
                }
            }
            return .completed(number: number, outcomes)
        } catch {
            // The generated code finds the same fault again and words it.
            return nil
        }
    }

    private static func completion(_ lent: ProtobufReader) throws(ProtobufError) -> AttemptOutcome? {
        var reader = lent
        var job: JobID?
        var token: UInt64 = 0
        var result: [UInt8]?
        while let field = try reader.next() {
            switch field {
            case 1: job = JobID(utf8: try reader.delimited())
            case 2: token = try reader.varint()
            case 3:
                guard result == nil, let bytes = try self.result(reader.message()) else { return nil }
                result = bytes
            default: return nil
            }
        }
        guard let job, token != 0, let result else { return nil }
        return AttemptOutcome(
            attempt: AttemptID(job: job, token: FencingToken(token)), ending: .completed(result: result))
    }

    private static func result(_ lent: ProtobufReader) throws(ProtobufError) -> [UInt8]? {
        var reader = lent
        var result: [UInt8] = []
        while let field = try reader.next() {
            guard field == 1 else { return nil }
            result = try reader.array()
        }
        return result
    }
}

/// One message to a worker.
enum ServerLetter: Sendable {
    case attempts([Delivery])
    case general(Martlet_V1_ServerMessage)

    struct Writing: MessageSerializer {
        func serialize<Bytes: GRPCContiguousBytes>(_ letter: ServerLetter) throws -> Bytes {
            switch letter {
            case .attempts(let deliveries): return Bytes(ServerLetter.bytes(deliveries))
            case .general(let message): return try ProtobufSerializer().serialize(message)
            }
        }
    }

    static func bytes(_ deliveries: [Delivery]) -> [UInt8] {
        let size = deliveries.reduce(0) { $0 + $1.payload.count + ServerMessages.bytesPerAttempt / 2 }
        var writer = ProtobufWriter(capacity: size)
        writer.message(2) { attempts in
            for delivery in deliveries { attempts.message(1) { $0.write(delivery) } }
        }
        return writer.bytes
    }
}

extension ProtobufWriter {
    fileprivate mutating func write(_ delivery: Delivery) {
        field(1, delivery.attempt.job)
        field(2, delivery.attempt.token.value)
        field(3, delivery.kind)
        field(4, delivery.queue)
        field(5, delivery.payload)
        field(6, UInt64(UInt32(clamping: delivery.number)))
        if let timeout = delivery.timeout { message(7) { $0.write(Google_Protobuf_Duration(wire: timeout)) } }
        if let traceparent = delivery.traceparent { field(8, traceparent) }
        message(9) {
            let time = Google_Protobuf_Timestamp(wire: delivery.submittedAt)
            $0.write(seconds: time.seconds, nanos: time.nanos)
        }
        if let lease = delivery.lease { message(10) { $0.write(Google_Protobuf_Duration(wire: lease)) } }
    }

    private mutating func write(_ duration: Google_Protobuf_Duration) {
        write(seconds: duration.seconds, nanos: duration.nanos)
    }

    /// The two fields of both `Duration` and `Timestamp`.
    private mutating func write(seconds: Int64, nanos: Int32) {
        field(1, UInt64(bitPattern: seconds))
        field(2, UInt64(bitPattern: Int64(nanos)))
    }
}
