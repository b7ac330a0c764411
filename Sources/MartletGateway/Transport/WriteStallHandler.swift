internal import MartletWire
internal import NIOCore
internal import NIOHTTP2

/// Cuts a peer that does not read: a connection or a stream that stays unwritable for too long is closed.
///
/// What is written meanwhile waits in the writer, which is bounded by its own rules; this ends the waiting. What waits is
/// counted over all peers, so that many of them together hold no more than `holdings` lets them. A stream whose connection
/// takes nothing is closed with it: see `Cut`.
final class WriteStallHandler<Written: Measured>: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = Any
    typealias OutboundIn = Written
    typealias OutboundOut = Written

    private let limit: TimeAmount
    private let holdings: Holdings
    private let line: FairLine
    private let connection: (any Channel)?
    private var deadline: FairLine.Deadline?
    private var holding: UInt64?

    /// - Parameter connection: what the stream is on; nil on the connection itself.
    init(limit: TimeAmount, holdings: Holdings, line: FairLine, connection: (any Channel)? = nil) {
        self.limit = limit
        self.holdings = holdings
        self.line = line
        self.connection = connection
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data).measure
        context.write(data, promise: promise)
        if let holding, bytes > 0 { holdings.add(bytes, to: holding) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            end()
        } else if deadline == nil {
            let cut = Cut(channel: context.channel, connection: connection)
            deadline = line.after(limit) { cut() }
            holding = holdings.begin { cut() }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        deadline?.cancel()
        deadline = nil
        if let holding { holdings.end(holding) }
        holding = nil
    }
}

/// Something that is written, and how many bytes of an answer it carries.
protocol Measured {
    var measure: Int { get }
}

extension IOData: Measured {
    var measure: Int { readableBytes }
}

extension HTTP2Frame.FramePayload: Measured {
    var measure: Int {
        guard case .data(let frame) = self else { return 0 }
        return frame.data.readableBytes
    }
}

@available(*, unavailable)
extension WriteStallHandler: Sendable {}
