import MartletCore
import MartletWire
import SwiftProtobuf

@testable import MartletNode

extension FuzzTarget {
    /// The reader of the wire format itself, held against SwiftProtobuf's.
    static let protobuf = FuzzTarget("protobuf", longest: 512) {
        Samples.submissions.compactMap { try? $0.serializedBytes() } + Samples.noise(2, of: 40)
    } check: { input in
        let (fields, error) = fields(of: input)
        // A message without fields keeps all that it reads as unknown.
        let generated = try? Google_Protobuf_Empty(serializedBytes: [UInt8](input))
        try hold(error != nil || generated != nil, "SwiftProtobuf refuses what was read: \(fields)")
        guard error == nil else { return }
        var writer = ProtobufWriter()
        for field in fields { field.write(to: &writer) }
        let written = writer.bytes.withUnsafeBytes { Self.fields(of: $0) }
        try hold(written.error == nil, "what was written cannot be read")
        try hold(written.fields, is: fields.filter(\.isWritten), "fields written and read")
    }

    /// A log entry's body, by the codec and by the generated code.
    static let entry = FuzzTarget("entry") {
        Samples.entries
    } check: { input in
        let events: [Event]
        do {
            events = try EntryCodec.decode([UInt8](input))
        } catch {
            return
        }
        try hold(try EntryCodec.decode(EntryCodec.encode(events, sizeHint: 0)), is: events, "events written and read")
        let generated: Martlet_Log_V1_Body
        do {
            generated = try Martlet_Log_V1_Body(serializedBytes: [UInt8](input))
        } catch {
            throw Finding(description: "the generated code refuses what was read: \(error)")
        }
        let rewritten: [UInt8] = try generated.serializedBytes()
        try hold(try EntryCodec.decode(rewritten), is: events, "events as the generated code reads them")
    }

    private static func fields(of bytes: UnsafeRawBufferPointer) -> (fields: [Field], error: ProtobufError?) {
        var reader = ProtobufReader(bytes)
        var fields: [Field] = []
        do {
            while let number = try reader.next() {
                switch reader.wireType {
                case .varint: fields.append(.varint(number, try reader.varint()))
                case .fixed64: fields.append(.fixed(number, try reader.fixed64()))
                case .delimited: fields.append(.bytes(number, try reader.array()))
                case .fixed32: try reader.skip()
                }
            }
            return (fields, nil)
        } catch {
            return (fields, error)
        }
    }

    private enum Field: Equatable {
        case varint(Int, UInt64)
        case fixed(Int, UInt64)
        case bytes(Int, [UInt8])

        /// The writer leaves defaults out.
        var isWritten: Bool {
            switch self {
            case .varint: true
            case .fixed(_, let value): value != 0
            case .bytes(_, let value): !value.isEmpty
            }
        }

        func write(to writer: inout ProtobufWriter) {
            switch self {
            case .varint(let number, let value): writer.optionalField(number, value)
            case .fixed(let number, let value): writer.fixed(number, value)
            case .bytes(let number, let value): writer.field(number, value)
            }
        }
    }
}
