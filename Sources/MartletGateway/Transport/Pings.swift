internal import NIOCore

/// The pings of one connection, which are answered before HTTP/2 sees them.
///
/// gRPC's clients find out with pings how much a connection carries: one in each round trip, for as long as answers come.
/// NIO's HTTP/2 ends a connection after 200 in half a minute, whatever is written between them. Here what is written
/// earns them, and what is not earned has a tighter bound than there.
struct Pings {
    /// Bytes of a whole frame.
    static let size = headSize + 8
    static let headSize = 9
    private static let ack: UInt8 = 1
    private static let endsHeaders: UInt8 = 4
    private static let placeOfFlags = 4

    private var allowance: Allowance
    /// Before the settings, and among the parts of a list of headers, a ping is a fault, and HTTP/2's to find.
    private var isInPlace = false

    init(at now: NIODeadline) {
        allowance = Allowance(burst: 100, first: 100, perSecond: 3, at: now)
    }

    /// Something was written.
    mutating func earn() { allowance.give(1) }

    /// Counts a frame that arrives; false: it is a ping too many.
    mutating func affords(_ head: FrameScanner.Head, at now: NIODeadline) -> Bool {
        !Self.isAsking(head) || allowance.take(at: now)
    }

    /// Follows the frames that are let in; true: it is a ping to be answered here, for all of it is there.
    ///
    /// - Parameter end: where the head ends, and what it announces begins.
    mutating func takes(_ head: FrameScanner.Head, endingAt end: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        switch head.kind {
        case .settings: isInPlace = true
        case .headers, .continuation: isInPlace = head.flags & Self.endsHeaders != 0
        default: break
        }
        let start = end - Self.headSize
        guard isInPlace, Self.isAsking(head), start >= 0, start + Self.size <= bytes.count else { return false }
        // Of the connection, not of a stream.
        return bytes[(end - 4)..<end].allSatisfy { $0 == 0 }
    }

    private static func isAsking(_ head: FrameScanner.Head) -> Bool {
        head.kind == .ping && head.flags & ack == 0 && head.length == size - headSize
    }

    static func answer(to ping: ByteBuffer) -> ByteBuffer {
        var answer = ping
        answer.setInteger(ack, at: answer.readerIndex + placeOfFlags)
        return answer
    }
}
