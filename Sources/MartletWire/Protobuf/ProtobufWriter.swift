/// Writes the protobuf wire format (https://protobuf.dev/programming-guides/encoding) straight into one buffer.
///
/// For the few messages of the hot path: no message objects, no size pass. Tests hold what is written here
/// against the generated code.
package struct ProtobufWriter {
    package private(set) var bytes: [UInt8]

    /// - Parameter capacity: bytes to set aside, to spare growing.
    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A varint field; zero is the default and is left out.
    package mutating func field(_ number: Int, _ value: UInt64) {
        guard value != 0 else { return }
        optionalField(number, value)
    }

    /// A varint field with presence: written even when zero.
    package mutating func optionalField(_ number: Int, _ value: UInt64) {
        tag(number, .varint)
        varint(value)
    }

    /// A fixed64 field; zero is left out.
    package mutating func fixed(_ number: Int, _ value: UInt64) {
        guard value != 0 else { return }
        tag(number, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A bytes field; empty is left out.
    package mutating func field(_ number: Int, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        tag(number, .delimited)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A bytes or string field of `count` bytes, which `body` fills in.
    package mutating func field(_ number: Int, count: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        tag(number, .delimited)
        varint(UInt64(count))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { room in
            room.initialize(repeating: 0)
            body(room)
            bytes.append(contentsOf: room)
        }
    }

    /// A string field; empty is left out.
    package mutating func field(_ number: Int, _ value: String) {
        guard !value.isEmpty else { return }
        repeatedField(number, value)
    }

    /// One string of a repeated field: written even when empty.
    package mutating func repeatedField(_ number: Int, _ value: String) {
        tag(number, .delimited)
        var value = value
        value.withUTF8 {
            varint(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    /// A nested message, written by `body`.
    package mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
        tag(number, .delimited)
        let start = bytes.count
        // One byte of length fits nearly every message; the rare longer one is moved up.
        bytes.append(0)
        body(&self)
        let length = bytes.count - start - 1
        if length < 0x80 {
            bytes[start] = UInt8(truncatingIfNeeded: length)
        } else {
            bytes.replaceSubrange(start...start, with: Self.encoded(UInt64(length)))
        }
    }

    private mutating func tag(_ number: Int, _ type: ProtobufWireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    private static func encoded(_ value: UInt64) -> [UInt8] {
        var writer = ProtobufWriter(capacity: 10)
        writer.varint(value)
        return writer.bytes
    }
}

/// How a field is laid out on the wire.
package enum ProtobufWireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case fixed32 = 5
}
