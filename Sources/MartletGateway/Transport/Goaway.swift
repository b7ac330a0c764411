internal import NIOCore

/// HTTP/2's goodbye to a peer that asks too much.
enum Goaway {
    private static let enhanceYourCalm: UInt32 = 11
    private static let reason = "too many frames that carry nothing"

    static func bytes(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 17 + reason.utf8.count)
        buffer.writeInteger(UInt32(8 + reason.utf8.count) << 8 | UInt32(7))
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(0))
        buffer.writeInteger(UInt32(Int32.max))
        buffer.writeInteger(enhanceYourCalm)
        buffer.writeString(reason)
        return buffer
    }
}
