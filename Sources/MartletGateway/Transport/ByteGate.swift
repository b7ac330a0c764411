internal import NIOCore

/// In front of an HTTP/1.1 connection: hands bytes on in small pieces, and none once it is shut.
///
/// The parser takes all that it is given, thousands of requests in one piece; and what comes after the last answer is
/// read so that the peer sees the answer, but it need not be parsed.
final class ByteGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let piece = 8 << 10

    var isShut = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while !isShut, let piece = buffer.readSlice(length: min(Self.piece, buffer.readableBytes)),
            piece.readableBytes > 0
        {
            context.fireChannelRead(wrapInboundOut(piece))
        }
    }
}

@available(*, unavailable)
extension ByteGate: Sendable {}
