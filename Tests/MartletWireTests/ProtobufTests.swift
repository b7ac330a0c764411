import MartletWire
import SwiftProtobuf
import Testing

@Suite("The protobuf wire format by hand")
struct ProtobufTests {
    @Test("A varint comes back, whatever its size", arguments: [0, 1, 127, 128, 300, 1 << 32, UInt64.max])
    func varint(value: UInt64) throws {
        var writer = ProtobufWriter()
        writer.optionalField(1, value)
        let read = try writer.bytes.withUnsafeBytes { bytes in
            var reader = ProtobufReader(bytes)
            #expect(try reader.next() == 1)
            return try reader.varint()
        }
        #expect(read == value)
    }

    @Test("Nested messages of any length are what the generated code reads", arguments: [0, 1, 126, 127, 128, 20_000])
    func nestedMessage(length: Int) throws {
        let payload = [UInt8](repeating: 7, count: length)
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.field(1, "send")
            $0.field(3, payload)
        }
        let request = try Martlet_V1_SubmitRequest(serializedBytes: writer.bytes)
        #expect(request.jobs.count == 1)
        #expect(request.jobs.first?.kind == "send")
        #expect(request.jobs.first.map { [UInt8]($0.payload) } == payload)
    }

    @Test(
        "Bytes that end too early, or are no protobuf, are errors",
        arguments: [
            [0x08], [0x0A, 0x05, 0x01], [0x00, 0x01], [0x0B, 0x01], [0x09, 1, 2, 3],
            [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01],
            [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: ProtobufError.self) {
            try bytes.withUnsafeBytes { bytes in
                var reader = ProtobufReader(bytes)
                while try reader.next() != nil { try reader.skip() }
            }
        }
    }

    @Test("A string that is not UTF-8 is an error")
    func notUTF8() {
        #expect(throws: ProtobufError.self) {
            try ([0x0A, 0x01, 0xFF] as [UInt8]).withUnsafeBytes { bytes in
                var reader = ProtobufReader(bytes)
                _ = try reader.next()
                _ = try reader.string()
            }
        }
    }
}
