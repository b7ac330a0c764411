import MartletWire
import NIOCore

@testable import Martlet

// In a file of its own: SwiftProtobuf has another way from its durations to Swift's.
extension Martlet_V1_Opened {
    /// How often the SDK looks whether a heartbeat is due.
    var beat: TimeAmount { TimeAmount(Duration(heartbeatInterval) / 4) }
}
