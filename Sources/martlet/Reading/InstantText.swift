internal import FoundationEssentials

/// Instants in ISO 8601: `2026-11-20T18:00Z`, with or without seconds, with `Z` or an offset.
enum InstantText {
    /// What is understood, for error messages.
    static let hint = "an instant such as 2026-11-20T18:00Z or 2026-11-20T19:00:30+01:00"

    /// Microseconds since 1970; nil unless the text is an instant of the years 1 to 9999. A zone must be given: whose
    /// clock would it be otherwise?
    static func microseconds(_ text: some StringProtocol) -> Int64? {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2)
        else { return nil }
        var (second, micros): (Int64, Int64) = (0, 0)
        if scanner.skip(":") {
            guard let value = scanner.number(2) else { return nil }
            second = value
            if scanner.skip(".") {
                guard let fraction = scanner.fraction() else { return nil }
                micros = fraction
            }
        }
        guard let offset = scanner.zone(), scanner.isAtEnd, (1...9999).contains(year), (1...12).contains(month),
            (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000 + micros
    }

    static func parse(_ text: some StringProtocol) -> Date? {
        microseconds(text).map { Date(timeIntervalSince1970: Double($0) / 1_000_000) }
    }

    /// RFC 3339 in UTC, with as many decimals as there are: none, three or six.
    static func format(_ date: Date) -> String {
        // Half of a microsecond is all the error that a `Date` of this age has.
        let seconds = date.timeIntervalSince1970
        guard seconds.isFinite, abs(seconds) < 300_000_000_000 else { return "out of range" }
        return format(microseconds: Int64((seconds * 1_000_000).rounded()))
    }

    static func format(microseconds: Int64) -> String {
        func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
            let remainder = value % divisor
            return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
        }
        let (seconds, micros) = floored(microseconds, by: 1_000_000)
        let (days, time) = floored(seconds, by: 86_400)
        let (year, month, day) = civil(days)
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
        text += "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
        if micros % 1000 != 0 {
            text += ".\(padded(micros, 6))"
        } else if micros != 0 {
            text += ".\(padded(micros / 1000, 3))"
        }
        return text + "Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

// The proleptic Gregorian calendar, by era of 400 years (Howard Hinnant, chrono-compatible date algorithms).
extension InstantText {
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let place = (5 * dayOfYear + 2) / 153
        let month = place < 10 ? place + 3 : place - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * place + 2) / 5 + 1)
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
