internal import MartletCore
internal import SwiftProtobuf

/// Durations and instants of the wire. Protobuf's own ranges are checked; nothing here can overflow.
extension Duration {
    /// The largest that protobuf allows: 10,000 years in seconds.
    private static let wireSeconds: Int64 = 315_576_000_000

    /// Refuses what is negative or outside protobuf's range.
    init(wire: Google_Protobuf_Duration, field: String) throws(Problem) {
        guard wire.seconds >= 0, wire.nanos >= 0 else { throw .invalid(field, "must not be negative") }
        guard wire.seconds <= Self.wireSeconds, wire.nanos < 1_000_000_000 else {
            throw .invalid(field, "is out of range: at most \(Self.wireSeconds) s, and nanos below 1000000000")
        }
        self.init(secondsComponent: wire.seconds, attosecondsComponent: Int64(wire.nanos) * 1_000_000_000)
    }
}

extension Timestamp {
    /// Years 1 to 9999, in seconds since 1970.
    private static let wireSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Refuses what is outside protobuf's range.
    init(wire: Google_Protobuf_Timestamp, field: String) throws(Problem) {
        guard Self.wireSeconds.contains(wire.seconds), (0..<1_000_000_000).contains(wire.nanos) else {
            throw .invalid(field, "is out of range: years 1 to 9999, and nanos from 0 to 999999999")
        }
        self.init(microseconds: wire.seconds * 1_000_000 + Int64(wire.nanos) / 1000)
    }
}

extension Google_Protobuf_Duration {
    /// Cut to microseconds; what is beyond protobuf's range becomes its edge.
    init(wire duration: Duration) {
        let limit: Int64 = 315_576_000_000 * 1_000_000
        let microseconds = min(max(duration.inMicroseconds, -limit), limit)
        self.init(seconds: microseconds / 1_000_000, nanos: Int32(microseconds % 1_000_000) * 1000)
    }
}

extension Google_Protobuf_Timestamp {
    /// What is beyond protobuf's range becomes its edge.
    init(wire time: Timestamp) {
        let microseconds = min(max(time.microseconds, -62_135_596_800_000_000), 253_402_300_799_999_999)
        let remainder = microseconds % 1_000_000
        let borrow: Int64 = remainder < 0 ? 1 : 0
        self.init(
            seconds: microseconds / 1_000_000 - borrow, nanos: Int32(remainder + borrow * 1_000_000) * 1000)
    }
}
