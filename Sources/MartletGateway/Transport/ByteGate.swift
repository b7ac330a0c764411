internal import MartletWire
internal import NIOCore

/// In front of an HTTP/1.1 connection: hands bytes on in small pieces, in turn with other connections, and none once it
/// is shut.
///
/// The parser takes all that it is given, thousands of requests in one piece; and what comes after the last answer is
/// read so that the peer sees the answer, but it need not be parsed. The gate itself reads it: whoever is behind may have
/// stopped.
final class ByteGate: TakesTurns, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Any

    private static let sizes = (least: 512, most: 8 << 10)
    /// What a piece counts among the frames and messages of others.
    private static let units = 16

    let line: FairLine
    private var waiting = CircularBuffer<ByteBuffer>()
    var hasWork: Bool { !waiting.isEmpty }
    var isInLine = false
    private(set) var isOver = false
    /// The peer sends no more than what waits.
    private var isEnding = false
    let peer = FairLine.Peer()
    /// What is only read to be dropped is read slowly.
    private static let pause = TimeAmount.milliseconds(10)

    /// Bytes of a turn.
    private var size = ByteGate.sizes.least

    private var context: ChannelHandlerContext?
    /// Whether the next read of what is dropped is on its way.
    private var isDraining = false

    var isShut = false {
        didSet {
            guard isShut else { return }
            waiting.removeAll()
            drain()
        }
    }

    init(line: FairLine) { self.line = line }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        isOver = true
        isShut = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        waiting.append(unwrapInboundIn(data))
        come(isFirst: waiting.count == 1, context: context)
    }

    /// The end comes after all that was sent before it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, !waiting.isEmpty { return isEnding = true }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        line.know(peer)
        context.write(data, promise: promise)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isShut { drain() }
        context.fireChannelReadComplete()
    }

    /// While something waits, the socket does too; and once it is shut, the gate reads at its own pace.
    func read(context: ChannelHandlerContext) {
        if !isShut, waiting.isEmpty { context.read() }
    }

    private func drain() {
        guard !isOver, !isDraining, let context else { return }
        isDraining = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let gate = bound.value
            gate.isDraining = false
            if !gate.isOver { gate.context?.read() }
        }
    }

    func afterTurn(context: ChannelHandlerContext) {
        guard isEnding, waiting.isEmpty else { return }
        isEnding = false
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// What goes on is made of many small parts, each of which costs something.
    func isDear() { size = Self.sizes.least }

    func pass(context: ChannelHandlerContext) {
        guard var buffer = waiting.popFirst(),
            let piece = buffer.readSlice(length: min(size, buffer.readableBytes)), piece.readableBytes > 0
        else { return }
        line.letIn(Self.units)
        size = min(size * 2, Self.sizes.most)
        if buffer.readableBytes > 0 { waiting.prepend(buffer) }
        context.fireChannelRead(wrapInboundOut(piece))
    }
}

@available(*, unavailable)
extension ByteGate: Sendable {}
