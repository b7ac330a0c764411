import MartletWire
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import MartletGateway

@Suite("Large answers on their way")
struct UntakenAnswersTests {
    /// Is full with the first write, and says so in the middle of it, as a stream does.
    private final class Narrow: ChannelOutboundHandler {
        typealias OutboundIn = HTTP2Frame.FramePayload
        private var isFull = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            context.write(data, promise: promise)
            guard !isFull else { return }
            isFull = true
            context.fireChannelWritabilityChanged()
        }
    }

    /// Writes on when it hears that the stream is full, as gRPC does.
    private final class Eager: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame.FramePayload
        typealias OutboundOut = HTTP2Frame.FramePayload

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            let end = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(string: "end")), endStream: true)
            context.writeAndFlush(wrapOutboundOut(.data(end)), promise: nil)
        }
    }

    @Test("One goes on in pieces, and what is written in the middle of it comes behind the last")
    func pieces() throws {
        let channel = EmbeddedChannel()
        let line = FairLine(channel.eventLoop, ticks: TickCounter())
        try channel.pipeline.syncOperations.addHandlers(
            [Narrow(), UntakenAnswers(limit: .seconds(30), line: line), Eager()])
        let answer = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 8) }

        let payload = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(bytes: answer)))
        try channel.writeOutbound(HTTP2Frame.FramePayload.data(payload))

        var (sizes, ends, bytes): ([Int], [Bool], [UInt8]) = ([], [], [])
        while case .data(let frame)? = try channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
            guard case .byteBuffer(let buffer) = frame.data else { break }
            sizes.append(buffer.readableBytes)
            ends.append(frame.endStream)
            bytes += Array(buffer.readableBytesView)
        }
        let piece = UntakenAnswers.piece
        #expect(sizes == [piece, piece, piece, 200_000 - 3 * piece, 3])
        #expect(ends == [false, false, false, false, true])
        #expect(bytes == answer + Array("end".utf8))
    }

    @Test("The last piece says that the answer is written, and that it ends")
    func last() throws {
        let channel = EmbeddedChannel()
        let line = FairLine(channel.eventLoop, ticks: TickCounter())
        try channel.pipeline.syncOperations.addHandler(UntakenAnswers(limit: .seconds(30), line: line))
        let bytes = ByteBuffer(repeating: 7, count: UntakenAnswers.piece + 1)
        let payload = HTTP2Frame.FramePayload.Data(data: .byteBuffer(bytes), endStream: true)

        // It returns when the promise is kept.
        try channel.writeOutbound(HTTP2Frame.FramePayload.data(payload))

        var ends: [Bool] = []
        while case .data(let frame)? = try channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
            ends.append(frame.endStream)
        }
        #expect(ends == [false, true])
    }
}
