internal import MartletWire
internal import NIOCore

/// Waits for the first bytes of a connection, and only then has built what serves it: whoever connects and says nothing
/// costs a socket and little more, and not for long.
final class FirstWord<Connection: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let build: (any Channel) -> EventLoopFuture<Connection>
    private let built: EventLoopPromise<Connection>
    private var deadline: FairLine.Deadline?
    /// What came while it is being built.
    private var words: [NIOAny] = []
    private var isOver = false

    /// Fails if the connection ends before.
    var connection: EventLoopFuture<Connection> { built.futureResult }

    init(
        on channel: any Channel, within patience: Duration, line: FairLine,
        build: @escaping (any Channel) -> EventLoopFuture<Connection>
    ) {
        self.build = build
        built = channel.eventLoop.makePromise()
        deadline = line.after(TimeAmount(patience)) { channel.close(promise: nil) }
    }

    deinit {
        // It was made for a channel that had closed already.
        if !isOver { built.fail(ChannelError.ioOnClosedChannel) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        words.append(data)
        guard words.count == 1 else { return }
        endWaiting()
        build(context.channel).assumeIsolated().whenComplete { self.pass($0, context: context) }
    }

    private func pass(_ result: Result<Connection, any Error>, context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        built.completeWith(result)
        guard case .success = result else { return context.close(promise: nil) }
        // To those that are new here it all happens now.
        context.fireChannelActive()
        for word in words { context.fireChannelRead(word) }
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !isOver, words.isEmpty else { return context.fireUserInboundEventTriggered(event) }
        // It will say nothing, or need not any more.
        if event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        endWaiting()
        guard !isOver else { return }
        isOver = true
        built.fail(ChannelError.ioOnClosedChannel)
    }

    private func endWaiting() {
        deadline?.cancel()
        deadline = nil
    }
}

@available(*, unavailable)
extension FirstWord: Sendable {}
