internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Duration {
    init(_ wire: Google_Protobuf_Duration) {
        self = .seconds(wire.seconds) + .nanoseconds(Int64(wire.nanos))
    }
}

extension Google_Protobuf_Duration {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
    }
}

extension Date {
    init(_ wire: Google_Protobuf_Timestamp) {
        self.init(timeIntervalSince1970: Double(wire.seconds) + Double(wire.nanos) / 1_000_000_000)
    }
}
