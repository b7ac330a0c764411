internal import FoundationEssentials

/// How long ago something was, as people say it: `12s ago`, `in 3m`.
enum Age {
    static func text(of date: Date?, now: Date) -> String {
        guard let date else { return "-" }
        let seconds = now.timeIntervalSince(date)
        // Clocks of two machines differ a little.
        if abs(seconds) < 1 { return "now" }
        return seconds > 0 ? "\(brief(seconds)) ago" : "in \(brief(-seconds))"
    }

    /// One unit, the largest that fits.
    static func brief(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: "\(Int(seconds * 1000))ms"
        case ..<60: "\(Int(seconds))s"
        case ..<3600: "\(Int(seconds / 60))m"
        case ..<172_800: "\(Int(seconds / 3600))h"
        default: "\(Int(min(seconds / 86_400, 1_000_000)))d"
        }
    }

    static func brief(_ duration: Duration) -> String { brief(duration / .seconds(1)) }
}
