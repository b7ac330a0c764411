/// Reads the protobuf wire format from bytes that may be anything: every step is checked, nothing traps.
///
/// Call `next()` until it gives nil; for each field take its value or `skip()` it.
package struct ProtobufReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// How the field that `next()` found is laid out.
    package private(set) var wireType = ProtobufWireType.varint

    /// - Parameter bytes: lent for as long as the reader and its nested readers live.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The number of the next field; nil at the end.
    package mutating func next() throws(ProtobufError) -> Int? {
        guard position < bytes.count else { return nil }
        let start = position
        let tag = try rawVarint()
        // A tag has 32 bits. Nobody spells it with more bytes than those need at most.
        guard position - start <= 5, let type = ProtobufWireType(rawValue: UInt8(tag & 7)),
            let number = Int(exactly: tag >> 3), number > 0, number < 1 << 29
        else { throw .malformed(offset: position) }
        wireType = type
        return number
    }

    package mutating func varint() throws(ProtobufError) -> UInt64 {
        guard wireType == .varint else { throw .malformed(offset: position) }
        return try rawVarint()
    }

    package mutating func fixed64() throws(ProtobufError) -> UInt64 {
        guard wireType == .fixed64 else { throw .malformed(offset: position) }
        return UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    package mutating func array() throws(ProtobufError) -> [UInt8] {
        [UInt8](try delimited())
    }

    /// A string; bytes that are not UTF-8 are an error.
    package mutating func string() throws(ProtobufError) -> String {
        guard let text = String(validating: try delimited(), as: UTF8.self) else { throw .notUTF8(offset: position) }
        return text
    }

    /// A reader for the nested message.
    package mutating func message() throws(ProtobufError) -> ProtobufReader {
        ProtobufReader(try delimited())
    }

    /// The bytes of a string, bytes or message field, lent.
    package mutating func delimited() throws(ProtobufError) -> UnsafeRawBufferPointer {
        guard wireType == .delimited, let length = Int(exactly: try rawVarint()) else {
            throw .malformed(offset: position)
        }
        return try take(length)
    }

    /// Passes over a field that is of no interest.
    package mutating func skip() throws(ProtobufError) {
        switch wireType {
        case .varint: _ = try rawVarint()
        case .fixed64: _ = try take(8)
        case .delimited: _ = try delimited()
        case .fixed32: _ = try take(4)
        }
    }

    private mutating func take(_ count: Int) throws(ProtobufError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw .truncated }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private mutating func rawVarint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            // The tenth byte holds one bit only.
            guard shift < 63 || byte <= 1 else { throw .malformed(offset: position) }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw .truncated
    }
}

/// Why bytes are not the message that they should be.
package enum ProtobufError: Error, Equatable, Sendable {
    case truncated
    case malformed(offset: Int)
    case notUTF8(offset: Int)
    /// A value is out of its field's range, or a field that must be there is not.
    case invalid(field: String)
}
