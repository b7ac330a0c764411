/// Durations as people write them: `90s`, `5m`, `1h30m`, `1.5s`, `500ms`.
enum DurationText {
    /// Nil unless the text is one: numbers with units, from the largest to the smallest, each unit once.
    static func parse(_ text: some StringProtocol) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var sum = Duration.zero
        var last = Int64.max
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest[number.endIndex...]
            let word = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest[word.endIndex...]
            guard let unit = units.first(where: { $0.word == word })?.microseconds, unit < last,
                let microseconds = microseconds(String(number), of: unit)
            else { return nil }
            last = unit
            sum += .microseconds(microseconds)
            guard sum <= longest else { return nil }
        }
        return last == .max ? nil : sum
    }

    /// The shortest exact text that `parse` reads back, down to microseconds.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let limit = longest.components.seconds
        guard seconds.magnitude <= limit.magnitude else { return "\(seconds)s" }
        var left = abs(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        var text = duration < .zero ? "-" : ""
        for unit in units where unit.isWritten && left >= unit.microseconds {
            text += "\(left / unit.microseconds)"
            left %= unit.microseconds
            // What is less than a second is written as its decimals, and what is less than a millisecond likewise.
            if unit.microseconds <= 1_000_000, left > 0 {
                let digits = String(unit.microseconds + left).dropFirst()
                text += "." + digits.prefix(through: digits.lastIndex { $0 != "0" } ?? digits.startIndex)
                left = 0
            }
            text += unit.word
        }
        return text.isEmpty ? "0s" : text
    }

    /// What is understood, for error messages.
    static let hint = "a duration such as 500ms, 90s, 5m, 1h30m or 7d"

    /// A hundred years: whatever is longer was not meant.
    private static let longest = Duration.seconds(100 * 365 * 86_400)

    private static let units: [(word: String, microseconds: Int64, isWritten: Bool)] = [
        ("w", 604_800_000_000, false), ("d", 86_400_000_000, true), ("h", 3_600_000_000, true),
        ("m", 60_000_000, true), ("s", 1_000_000, true), ("ms", 1000, true), ("us", 1, true),
    ]

    /// A number such as `90` or `1.5`, exactly: more decimals than microseconds have are refused.
    private static func microseconds(_ number: String, of unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let whole = Int64(first) else { return nil }
        var (total, isTooLarge) = whole.multipliedReportingOverflow(by: unit)
        if parts.count == 2 {
            guard let digits = parts.last, (1...9).contains(digits.count), let fraction = Int64(digits) else {
                return nil
            }
            let scale = digits.reduce(Int64(1)) { scale, _ in scale * 10 }
            let (scaled, overflow) = fraction.multipliedReportingOverflow(by: unit)
            guard !overflow, scaled % scale == 0 else { return nil }
            let (sum, sumOverflow) = total.addingReportingOverflow(scaled / scale)
            (total, isTooLarge) = (sum, isTooLarge || sumOverflow)
        }
        return isTooLarge ? nil : total
    }
}
