/// The usual text of a UUID: 36 characters, lower case when written, either case when read.
package enum UUIDText {
    private static let digits: [UInt8] = Array("0123456789abcdef".utf8)

    package static func format(high: UInt64, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { text in
            write(high: high, low: low, to: text)
            return length
        }
    }

    package static let length = 36

    /// - Parameter text: room for `length` bytes.
    package static func write(high: UInt64, low: UInt64, to text: UnsafeMutableBufferPointer<UInt8>) {
        precondition(text.count >= length, "a UUID's text takes \(length) bytes, not \(text.count)")
        var next = 0
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                text[next] = UInt8(ascii: "-")
                next += 1
            }
            let half = nibble < 16 ? high : low
            text[next] = digits[Int(half >> UInt64(60 - 4 * (nibble % 16)) & 0xF)]
            next += 1
        }
    }

    package static func parse(_ text: String) -> (high: UInt64, low: UInt64)? {
        var text = text
        return text.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
    }

    package static func parse(_ text: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
        guard text.count == 36 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var nibbles = 0
        for position in 0..<36 {
            let byte = text[position]
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let nibble = hexValue(of: byte) else { return nil }
            if nibbles < 16 { halves.high = halves.high << 4 | nibble } else { halves.low = halves.low << 4 | nibble }
            nibbles += 1
        }
        return halves
    }

    private static func hexValue(of byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
