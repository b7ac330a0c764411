internal import MartletWire
internal import NIOCore

/// In front of an HTTP/1.1 connection: hands bytes on in small pieces, in turn with other connections, and none once it
/// is shut.
///
/// The parser takes all that it is given, thousands of requests in one piece; and what comes after the last answer is
/// read so that the peer sees the answer, but it need not be parsed.
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
    /// Peers that have been answered come before those that only just came.
    private(set) var place = FairLine.Place.stranger
    /// What is only read to be dropped is read slowly.
    private static let pause = TimeAmount.milliseconds(10)

    /// Bytes of a turn.
    private var size = ByteGate.sizes.least

    var isShut = false {
        didSet { if isShut { waiting.removeAll() } }
    }

    init(line: FairLine) { self.line = line }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

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
        place = .known
        context.write(data, promise: promise)
    }

    /// While something waits, the socket does too.
    func read(context: ChannelHandlerContext) {
        guard isShut else {
            if waiting.isEmpty { context.read() }
            return
        }
        guard !isInLine else { return }
        isInLine = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (gate, context) = bound.value
            gate.isInLine = false
            context.read()
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
