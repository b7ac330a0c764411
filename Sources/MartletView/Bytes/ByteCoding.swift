/// The integers and texts of the view's packed columns, appended to plain bytes.
extension [UInt8] {
    /// Seven bits a byte, lowest first.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Eight bytes, lowest first.
    mutating func appendFixed(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func appendFixed(_ value: Int64) {
        appendFixed(UInt64(bitPattern: value))
    }

    /// A length and UTF-8.
    mutating func appendText(_ text: String) {
        appendVarint(UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}

/// Bytes that are not what was written. Reading never traps on them.
struct MalformedBytes: Error, CustomStringConvertible {
    let description: String
}

/// Reads back what the appending functions wrote, refusing whatever they cannot have written.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { next == bytes.count }

    mutating func byte() throws(MalformedBytes) -> UInt8 {
        guard next < bytes.count else { throw MalformedBytes(description: "ends early at byte \(next)") }
        defer { next += 1 }
        return bytes[next]
    }

    mutating func varint() throws(MalformedBytes) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            // A last byte of nothing is never written, but for zero itself.
            if byte < 0x80, byte > 0 || shift == 0 { return value }
            guard byte >= 0x80 else { break }
        }
        throw MalformedBytes(description: "number longer than it must be at byte \(next)")
    }

    /// A count that fits an `Int`.
    mutating func count() throws(MalformedBytes) -> Int {
        guard let count = Int(exactly: try varint()) else {
            throw MalformedBytes(description: "count too large at byte \(next)")
        }
        return count
    }

    mutating func fixed() throws(MalformedBytes) -> UInt64 {
        guard bytes.count - next >= 8 else { throw MalformedBytes(description: "ends early at byte \(next)") }
        defer { next += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: next, as: UInt64.self))
    }

    mutating func signedFixed() throws(MalformedBytes) -> Int64 { Int64(bitPattern: try fixed()) }

    mutating func text() throws(MalformedBytes) -> String {
        let count = try count()
        guard bytes.count - next >= count else { throw MalformedBytes(description: "ends early at byte \(next)") }
        guard let text = String(validating: bytes[next..<next + count], as: UTF8.self) else {
            throw MalformedBytes(description: "text that is not UTF-8 at byte \(next)")
        }
        next += count
        return text
    }

    /// Whoever reads on would find what was not written.
    func end() throws(MalformedBytes) {
        guard isAtEnd else { throw MalformedBytes(description: "goes on after its end at byte \(next)") }
    }
}
