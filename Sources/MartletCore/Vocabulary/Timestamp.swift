/// An instant by the leader's clock: microseconds since 1970 in UTC.
///
/// Arithmetic saturates: a duration from outside can never overflow it.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let distantFuture = Timestamp(microseconds: .max)

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(duration.inMicroseconds)
        guard overflow else { return Timestamp(microseconds: sum) }
        return Timestamp(microseconds: duration.inMicroseconds < 0 ? .min : .max)
    }

    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        let (difference, overflow) = later.microseconds.subtractingReportingOverflow(earlier.microseconds)
        guard overflow else { return .microseconds(difference) }
        return .microseconds(later > earlier ? Int64.max : Int64.min)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero and saturating.
    public var inMicroseconds: Int64 { whole(perSecond: 1_000_000) }

    /// As the log keeps it: an event must mean the same before and after it was written.
    var wholeMicroseconds: Duration { .microseconds(inMicroseconds) }

    /// Whole nanoseconds, rounded towards zero and saturating.
    package var inNanoseconds: Int64 { whole(perSecond: 1_000_000_000) }

    private func whole(perSecond units: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: units)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / units))
        guard !sumOverflow else { return seconds < 0 ? .min : .max }
        return sum
    }
}
