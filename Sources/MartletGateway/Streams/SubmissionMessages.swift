internal import GRPCCore
internal import GRPCProtobuf
internal import MartletCore
internal import MartletWire

/// One request of a `SubmitStream`.
enum SubmissionRequest: Sendable {
    /// Jobs of names, payloads and priorities, as nearly all are: read straight into what the node takes.
    case plain([JobSpec], SubmissionStamp?, sequence: UInt64)
    /// Anything else. The generated code reads it, and the mapping says what is wrong with it.
    case general(Martlet_V1_SubmitRequest)

    struct Reading: MessageDeserializer {
        func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> SubmissionRequest {
            try bytes.withUnsafeBytes { try WireShape.check($0) }
            if let plain = bytes.withUnsafeBytes(SubmissionRequest.plain) { return plain }
            return .general(try ProtobufDeserializer<Martlet_V1_SubmitRequest>().deserialize(bytes))
        }
    }

    /// Nil: not plain, or not well formed.
    static func plain(_ bytes: UnsafeRawBufferPointer) -> SubmissionRequest? {
        do {
            var reader = ProtobufReader(bytes)
            var (jobs, names): ([JobSpec], Names) = ([], Names())
            var client: ClientID?
            var sequence: UInt64 = 0
            while let field = try reader.next() {
                switch field {
                case 1:
                    guard let job = try spec(reader.message(), &names) else { return nil }
                    jobs.append(job)
                case 2:
                    client = ClientID(utf8: try reader.delimited())
                    guard client != nil else { return nil }
                case 3: sequence = try reader.varint()
                default: return nil
                }
            }
            guard sequence != 0 else { return .plain(jobs, nil, sequence: 0) }
            guard let client else { return nil }
            return .plain(jobs, SubmissionStamp(client: client, sequence: sequence), sequence: sequence)
        } catch {
            // The generated code finds the same fault again and words it.
            return nil
        }
    }

    private static func spec(_ lent: ProtobufReader, _ names: inout Names) throws(ProtobufError) -> JobSpec? {
        var reader = lent
        var (kind, queue): (String?, String?)
        var payload: UnsafeRawBufferPointer?
        var priority: UInt64 = 5
        while let field = try reader.next() {
            switch field {
            case 1: kind = try names.kind.name(reader.delimited())
            case 2: queue = try names.queue.name(reader.delimited())
            case 3: payload = try reader.delimited()
            case 5: priority = try reader.varint()
            default: return nil
            }
        }
        guard let exact = UInt8(exactly: priority) else { return nil }
        return JobSpec(
            kind: kind ?? "", queue: queue.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            payload: payload.map { [UInt8]($0) } ?? [], priority: exact)
    }

    /// Jobs of one request mostly share their names: a name like the one before is that very string.
    private struct Names {
        var kind = Last()
        var queue = Last()

        struct Last {
            private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            private var text = ""

            mutating func name(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) -> String {
                if bytes.count == self.bytes.count, bytes.elementsEqual(self.bytes) { return text }
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(offset: 0) }
                (self.bytes, self.text) = (bytes, text)
                return text
            }
        }
    }
}

/// What a `SubmitStream` answers.
enum SubmissionReply: Sendable {
    case accepted([JobID], sequence: UInt64)
    case refused(Problem, sequence: UInt64)

    struct Writing: MessageSerializer {
        func serialize<Bytes: GRPCContiguousBytes>(_ reply: SubmissionReply) throws -> Bytes {
            switch reply {
            case .accepted(let ids, let sequence):
                return Bytes(SubmissionReply.bytes(ids, sequence: sequence))
            case .refused(let problem, let sequence):
                return try ProtobufSerializer().serialize(
                    Martlet_V1_SubmitResponse(refused: problem, sequence: sequence))
            }
        }
    }

    static func bytes(_ ids: [JobID], sequence: UInt64) -> [UInt8] {
        var writer = ProtobufWriter(capacity: 38 * ids.count + 12)
        for id in ids { writer.field(1, id) }
        writer.field(2, sequence)
        return writer.bytes
    }
}
