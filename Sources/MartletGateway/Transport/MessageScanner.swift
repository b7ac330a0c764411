internal import NIOCore

/// Finds where gRPC's messages begin and end in a call's bytes, and reads nothing else.
struct MessageScanner {
    private static let headSize = 5

    private var head: UInt64 = 0
    private var headCount = 0
    /// Bytes of the current message that have not come.
    private var ahead = 0
    /// Bytes of the current message that have come; 0 between messages.
    private(set) var held = 0
    /// Messages that have come whole.
    private(set) var count = 0
    /// Those of them with fewer bytes than `smallMessage`.
    private(set) var smallCount = 0

    /// Whether the last pass ended with a large message.
    private(set) var hasEndedLarge = false

    /// Smaller than nearly anything that asks for work.
    static let smallMessage = 16
    /// Longer than a frame: whoever reads it puts it together in a buffer of its own.
    static let largeMessage = 16 << 10

    /// Passes over at most `messages` ends of messages, and stops behind a large one; says how many bytes that is.
    mutating func pass(_ bytes: UnsafeRawBufferPointer, messages: Int) -> Int {
        var position = 0
        let last = count + messages
        hasEndedLarge = false
        while position < bytes.count, count < last, !hasEndedLarge {
            if headCount < Self.headSize {
                head = head << 8 | UInt64(bytes[position])
                headCount += 1
                held += 1
                position += 1
                if headCount == Self.headSize { begin() }
            } else {
                let step = min(ahead, bytes.count - position)
                ahead -= step
                held += step
                position += step
            }
            if headCount == Self.headSize, ahead == 0 { end() }
        }
        return position
    }

    /// Passes over all of it.
    mutating func pass(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            position += pass(rest, messages: rest.count)
        }
    }

    private mutating func begin() { ahead = Int(head & 0xFFFF_FFFF) }

    private mutating func end() {
        count += 1
        if held - Self.headSize < Self.smallMessage { smallCount += 1 }
        hasEndedLarge = held - Self.headSize >= Self.largeMessage
        (head, headCount, held) = (0, 0, 0)
    }
}
