/// Sizes as people write them: `512KiB`, `1MiB`, `4194304`.
enum ByteCount {
    static let hint = "a size such as 65536, 512KiB or 4MiB"

    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let unit: Int? =
            switch text[digits.endIndex...] {
            case "", "B": 1
            case "KiB": 1 << 10
            case "MiB": 1 << 20
            case "GiB": 1 << 30
            default: nil
            }
        guard let unit else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }
}
