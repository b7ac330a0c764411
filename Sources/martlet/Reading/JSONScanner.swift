/// Reads one JSON text, strictly by RFC 8259, keeping each value as it was written.
///
/// A payload then reaches its handler byte for byte: no number is rounded, no member moved.
struct JSONScanner {
    /// Why a text is not JSON, and where.
    struct Fault: Error, Equatable, CustomStringConvertible {
        var message: String
        /// Bytes from the start.
        var offset: Int

        var description: String { "\(message) at byte \(offset + 1)" }
    }

    /// A value of an object's member.
    enum Value: Equatable {
        case string(String)
        /// The text of anything else: a number, true, false, null, an array, an object.
        case other(String)
    }

    private static let maxDepth = 64

    private let bytes: [UInt8]
    private var position = 0

    /// The members of the object that the text is. A name that comes twice is a fault: two readers of one text could
    /// see two different jobs.
    static func members(of text: [UInt8]) throws(Fault) -> [(name: String, value: Value)] {
        guard String(validating: text, as: UTF8.self) != nil else { throw Fault(message: "not UTF-8", offset: 0) }
        var scanner = JSONScanner(bytes: text)
        return try scanner.members()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func members() throws(Fault) -> [(name: String, value: Value)] {
        skipSpace()
        try expect("{", "an object is expected")
        var members: [(name: String, value: Value)] = []
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let start = position
                let name = try string()
                guard !members.contains(where: { $0.name == name }) else {
                    throw Fault(message: "\"\(name)\" comes twice", offset: start)
                }
                skipSpace()
                try expect(":", "a colon is expected")
                skipSpace()
                members.append((name, try value()))
                skipSpace()
            } while take(",")
            try expect("}", "a comma or the end of the object is expected")
        }
        skipSpace()
        guard position == bytes.count else { throw fault("something follows the object") }
        return members
    }

    private mutating func value() throws(Fault) -> Value {
        if peek == UInt8(ascii: "\"") { return .string(try string()) }
        let start = position
        try skipValue(depth: 1)
        return .other(String(decoding: bytes[start..<position], as: UTF8.self))
    }
}

// Beneath the first level values are only checked.
extension JSONScanner {
    private mutating func skipValue(depth: Int) throws(Fault) {
        guard depth <= Self.maxDepth else { throw fault("it is nested deeper than \(Self.maxDepth) levels") }
        switch peek {
        case UInt8(ascii: "{"): try skipList(until: "}", depth: depth, hasNames: true)
        case UInt8(ascii: "["): try skipList(until: "]", depth: depth, hasNames: false)
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private mutating func skipList(until end: Unicode.Scalar, depth: Int, hasNames: Bool) throws(Fault) {
        position += 1
        skipSpace()
        if take(end) { return }
        repeat {
            skipSpace()
            if hasNames {
                _ = try string()
                skipSpace()
                try expect(":", "a colon is expected")
                skipSpace()
            }
            try skipValue(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect(end, "a comma or \(end) is expected")
    }

    private mutating func word(_ word: String) throws(Fault) {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("a value is expected") }
        position += word.utf8.count
    }

    private mutating func number() throws(Fault) {
        _ = take("-")
        if !take("0") { try digits("a value is expected") }
        if take(".") { try digits("a digit is expected") }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits("a digit is expected")
        }
    }

    private mutating func digits(_ message: String) throws(Fault) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw fault(message) }
    }
}

// Strings.
extension JSONScanner {
    private mutating func string() throws(Fault) -> String {
        try expect("\"", "a string is expected")
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape().utf8
            case 0..<0x20: throw Fault(message: "a control character must be escaped", offset: position - 1)
            default: text.append(byte)
            }
        }
        throw fault("the string does not end")
    }

    private mutating func escape() throws(Fault) -> String {
        guard let byte = peek else { throw fault("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw Fault(message: "there is no such escape", offset: position - 1)
        }
    }

    private mutating func escapedScalar() throws(Fault) -> String {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), take("\\") {
            try expect("u", "the second half of a surrogate pair is expected")
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw fault("half of a surrogate pair") }
        return text
    }

    private mutating func codeUnit() throws(Fault) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits are expected") }
        position += 4
        return unit
    }
}

// One byte at a time.
extension JSONScanner {
    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ message: String) -> Fault { Fault(message: message, offset: position) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar, _ message: String) throws(Fault) {
        guard take(character) else { throw fault(message) }
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }
}
