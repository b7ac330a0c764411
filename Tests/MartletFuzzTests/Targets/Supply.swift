/// Values drawn from the bytes of an input; zeros when they are used up.
///
/// Numbers are mostly small, and now and then at an edge: overflow waits there.
struct Supply {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isEmpty: Bool { next >= bytes.count }

    mutating func byte() -> UInt8 {
        guard next < bytes.count else { return 0 }
        defer { next += 1 }
        return bytes[next]
    }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

    mutating func word() -> UInt64 {
        switch byte() {
        case 255: .max
        case 254: UInt64(Int64.max)
        case 253: 1 << 63
        case 252: UInt64(Int64.max) - 1
        case 248..<252: (0..<8).reduce(0) { word, _ in word << 8 | UInt64(byte()) }
        case let small: UInt64(small)
        }
    }

    mutating func integer() -> Int64 { Int64(bitPattern: word()) }

    /// At most `bound` bytes.
    mutating func some(_ bound: Int) -> [UInt8] {
        let count = min(below(bound + 1), bytes.count - next)
        defer { next += count }
        return [UInt8](bytes[next..<next + count])
    }

    mutating func text(_ bound: Int = 40) -> String { String(decoding: some(bound), as: UTF8.self) }

    /// One of a few words, so that several draws can mean the same.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// What is left.
    mutating func rest() -> UnsafeRawBufferPointer {
        defer { next = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[min(next, bytes.count)...])
    }
}
