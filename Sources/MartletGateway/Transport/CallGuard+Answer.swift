internal import MartletWire
internal import NIOCore
internal import NIOHTTP2

/// The call's answer: it lets waiting messages go on, and ends what may still come.
extension CallGuard {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        connection?.callWasAnswered()
        switch unwrapOutboundIn(data) {
        case .headers(let head) where head.endStream: answerEnds(context: context)
        case .data(let frame): answer(with: frame.data, context: context)
        default: break
        }
        context.write(data, promise: promise)
    }

    /// Those that waited for this answer may go on.
    private func answer(with data: IOData, context: ChannelHandlerContext) {
        let waited = !waiting.isEmpty && !hasWork
        pace.answer(with: data)
        if waited, hasWork { come(isFirst: false, context: context) }
    }

    /// gRPC takes no more of the request, but keeps what it has of a message for as long as the call is there. What still
    /// comes is read, for else a window full of it would wait, and dropped.
    private func answerEnds(context: ChannelHandlerContext) {
        isDone = true
        awaitsEnd = false
        waiting.removeAll()
        context.read()
        patience?.cancel()
        patience = nil
        count(context: context)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Mostly the call is over by now.
        guard isDone, patience == nil, !isOver, context.channel.isActive else { return }
        patience = line.after(TimeAmount(limits.stall)) { self.refuse(.cancel, context: context) }
    }
}
