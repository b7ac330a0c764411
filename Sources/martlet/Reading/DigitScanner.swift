/// Reads the fixed parts of an instant, one after the other.
struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: some StringProtocol) { rest = Substring(text).utf8[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// A number of exactly so many digits.
    mutating func number(_ digits: Int) -> Int64? {
        let part = rest.prefix(digits)
        guard part.count == digits, let value = Self.value(part) else { return nil }
        rest = rest.dropFirst(digits)
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// One to nine decimals of a second, cut to microseconds.
    mutating func fraction() -> Int64? {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...9).contains(digits.count), let value = Self.value(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        var nanoseconds = value
        for _ in digits.count..<9 { nanoseconds *= 10 }
        return nanoseconds / 1000
    }

    /// `Z`, `+01:00`, `+0100` or `+01`, in seconds.
    mutating func zone() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hours = number(2) else { return nil }
        _ = skip(":")
        let minutes = isAtEnd ? 0 : number(2)
        guard let minutes, hours < 24, minutes < 60 else { return nil }
        let offset = hours * 3600 + minutes * 60
        return isAhead ? offset : -offset
    }

    private static func value(_ digits: some Collection<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
