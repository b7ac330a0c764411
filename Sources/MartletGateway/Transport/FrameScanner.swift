/// Finds the heads of HTTP/2 frames in what a client sends, and reads nothing else.
struct FrameScanner {
    enum Kind: UInt8 { case data, headers, priority, reset, settings, push, ping, goaway, window, continuation }

    struct Head: Equatable {
        /// Nil: not of RFC 9113.
        var kind: Kind?
        var flags: UInt8
        var length: Int

        var endsStream: Bool { kind == .data && flags & 1 != 0 }
    }

    static let preface = 24
    private static let headSize = 9

    /// Bytes to pass over before the next head.
    private var ahead = preface
    private var head: UInt64 = 0
    private var headCount = 0
    /// Whether a frame has begun: then the preface was whole.
    private(set) var hasFrame = false

    /// The next head whose last byte is at `position` or later; moves `position` behind it, or to the end.
    mutating func next(in bytes: UnsafeRawBufferPointer, from position: inout Int) -> Head? {
        while position < bytes.count {
            if ahead > 0 {
                let step = min(ahead, bytes.count - position)
                ahead -= step
                position += step
                continue
            }
            // Length and kind are the first four bytes, the flags the fifth, and then comes the stream.
            if headCount < 5 { head = head << 8 | UInt64(bytes[position]) }
            headCount += 1
            position += 1
            if headCount == Self.headSize { return take() }
        }
        return nil
    }

    private mutating func take() -> Head {
        let length = Int(head >> 16 & 0xFF_FFFF)
        let found = Head(
            kind: Kind(rawValue: UInt8(truncatingIfNeeded: head >> 8)), flags: UInt8(truncatingIfNeeded: head),
            length: length)
        (head, headCount, ahead, hasFrame) = (0, 0, length, true)
        return found
    }
}
