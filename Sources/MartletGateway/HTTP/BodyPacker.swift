internal import NIOCore
internal import NIOHTTPTypes

/// Puts small pieces of a body together before they wake whoever reads it: that costs far more than the bytes.
final class BodyPacker: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private static let small = 4 << 10

    private var packed: ByteBuffer?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .body(var piece) = unwrapInboundIn(data), piece.readableBytes < Self.small else {
            unpack(context: context)
            return context.fireChannelRead(data)
        }
        guard var packed else { return packed = piece }
        self.packed = nil
        packed.writeBuffer(&piece)
        self.packed = packed
        if packed.readableBytes >= Self.small { unpack(context: context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        unpack(context: context)
        context.fireChannelReadComplete()
    }

    private func unpack(context: ChannelHandlerContext) {
        guard let packed else { return }
        self.packed = nil
        context.fireChannelRead(wrapInboundOut(.body(packed)))
    }
}

@available(*, unavailable)
extension BodyPacker: Sendable {}
