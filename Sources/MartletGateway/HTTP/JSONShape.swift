/// A first look at a JSON text, before protobuf reads it: how deep, how wide, and no name twice.
///
/// Protobuf's parser takes the last of two equal names and says nothing; then two readers of one text may see two
/// different jobs. One pass, no recursion, no allocation per value. What is no JSON at all is left to the parser.
struct JSONShape {
    /// Our messages are four deep.
    static let maxDepth = 32
    /// Our messages have at most 19 fields.
    static let maxNames = 64
    /// Twice our longest list, the jobs of a submission: one that is a little too long is told so by its own rule, and
    /// the millions of empty jobs that a body could spell are never made.
    static let maxElements = 20_000

    private struct Level {
        var isObject: Bool
        var expectsName: Bool
        var names: [[UInt8]] = []
        var commas = 0
    }

    static func check(_ text: borrowing [UInt8]) throws(Problem) {
        var levels: [Level] = []
        var position = 0
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard levels.count < maxDepth else {
                    throw Problem(.malformedBody, "the JSON is nested deeper than \(maxDepth) levels")
                }
                let isObject = byte == UInt8(ascii: "{")
                levels.append(Level(isObject: isObject, expectsName: isObject))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = levels.popLast()
            case UInt8(ascii: ","):
                if let last = levels.indices.last { try separate(&levels[last]) }
            case UInt8(ascii: "\""):
                let start = position
                let end = endOfString(in: text, from: start)
                position = end + 1
                if let last = levels.indices.last, levels[last].expectsName {
                    levels[last].expectsName = false
                    try add(name: text[start..<end], to: &levels[last])
                }
            default:
                break
            }
        }
    }

    private static func separate(_ level: inout Level) throws(Problem) {
        level.expectsName = level.isObject
        level.commas += 1
        guard level.isObject || level.commas < maxElements else {
            throw Problem(.malformedBody, "a list of the JSON has more than \(maxElements) elements")
        }
    }

    /// The place of the closing quote, or the end of the text.
    private static func endOfString(in text: borrowing [UInt8], from start: Int) -> Int {
        var position = start
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, text.count)
    }

    private static func add(name: ArraySlice<UInt8>, to level: inout Level) throws(Problem) {
        guard level.names.count < maxNames else {
            throw Problem(.malformedBody, "an object of the JSON has more than \(maxNames) names")
        }
        // An escape could spell a known name in another way; none of our names needs one.
        guard !name.contains(UInt8(ascii: "\\")) else {
            throw Problem(.malformedBody, "a name in the JSON has an escape")
        }
        let canonical = camelCased(name)
        guard !level.names.contains(canonical) else {
            throw Problem(.malformedBody, "a name comes twice in one object of the JSON")
        }
        level.names.append(canonical)
    }

    /// `payload_text` and `payloadText` are the same field.
    private static func camelCased(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var canonical: [UInt8] = []
        var isAfterUnderscore = false
        for byte in name {
            if byte == UInt8(ascii: "_") {
                isAfterUnderscore = true
                continue
            }
            let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= byte
            canonical.append(isAfterUnderscore && isLower ? byte - 32 : byte)
            isAfterUnderscore = false
        }
        return canonical
    }
}
