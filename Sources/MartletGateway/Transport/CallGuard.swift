internal import MartletWire
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// What one gRPC call may cost, at the front of its stream.
///
/// A request that is not whole in time, and a message that stops half-way, end the call, and what such messages hold is
/// bounded over all calls. Messages go on a few at a time: a window full of tiny ones must not keep the loop from
/// everyone else, and too many of those end the connection. An answer that was given is taken within the limit for
/// stalled writing, or the call is over.
final class CallGuard: TakesTurns, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    struct Limits {
        var grpc: GatewayConfiguration.GRPC
        /// How long an answer may wait to be taken.
        var stall: Duration
        var holdings: Holdings
        var line: FairLine
    }

    private let limits: Limits
    private let connection: FrameGuard?
    private let isAdmitted: Bool
    private var scanner = MessageScanner()
    private var waiting = CircularBuffer<HTTP2Frame.FramePayload.Data>()
    var hasWork: Bool { !waiting.isEmpty }
    var isInLine = false
    var line: FairLine { limits.line }
    var place: FairLine.Place { connection?.place ?? .stranger }
    private(set) var isOver = false
    /// The request ends with its first message, and has not ended.
    private var awaitsEnd = false
    private var hasAnswered = false
    /// The answer is given, and must be taken in time whatever still comes.
    private var isDone = false
    private var patience: FairLine.Deadline?
    private var patienceBegan = 0
    private var held: Held?

    /// `isAdmitted`: false refuses the call, for there are too many.
    init(limits: Limits, connection: FrameGuard?, isAdmitted: Bool) {
        self.limits = limits
        self.connection = connection
        self.isAdmitted = isAdmitted
    }

    func handlerAdded(context: ChannelHandlerContext) {
        held = Held(in: limits.holdings, loop: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        isOver = true
        waiting.removeAll()
        patience?.cancel()
        patience = nil
        held?.end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let payload = unwrapInboundIn(data)
        switch payload {
        case .headers(let head):
            guard isAdmitted else { return refuse(.refusedStream, context: context) }
            awaitsEnd = !head.endStream && !StreamingMethods.contain(head.headers.first(name: ":path"))
            context.fireChannelRead(data)
        case .data(let frame):
            waiting.append(frame)
            come(isFirst: waiting.count == 1, context: context)
        default:
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isOver else { return }
        context.fireChannelReadComplete()
        takeStock(context: context)
    }

    /// While something waits, the window stays as it is.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() }
    }

    func afterTurn(context: ChannelHandlerContext) { takeStock(context: context) }

    func pass(context: ChannelHandlerContext) {
        var left = limits.grpc.messagesPerTurn * (place == .known ? 4 : 1)
        while left > 0, !isOver, let frame = waiting.popFirst() {
            guard case .byteBuffer(var buffer) = frame.data else { continue }
            let (before, small) = (scanner.count, scanner.smallCount)
            let size = buffer.withUnsafeReadableBytes { scanner.pass($0, messages: left) }
            left -= scanner.count - before
            line.letIn(scanner.count - before)
            if scanner.smallCount > small, connection?.allows(scanner.smallCount - small) == false { return }
            let isWhole = size == buffer.readableBytes
            let piece = buffer.readSlice(length: size) ?? ByteBuffer()
            if !isWhole {
                waiting.prepend(HTTP2Frame.FramePayload.Data(data: .byteBuffer(buffer), endStream: frame.endStream))
            }
            let endsHere = isWhole && frame.endStream
            if endsHere { awaitsEnd = false }
            let passed = HTTP2Frame.FramePayload.Data(data: .byteBuffer(piece), endStream: endsHere)
            context.fireChannelRead(wrapInboundOut(.data(passed)))
        }
    }

    /// What is missing must come in time; what came of it is counted.
    private func takeStock(context: ChannelHandlerContext) {
        guard !isDone else { return }
        let isMissing = awaitsEnd || scanner.held > 0
        if patience != nil, !isMissing || patienceBegan != scanner.count {
            patience?.cancel()
            patience = nil
        }
        if isMissing, patience == nil {
            patienceBegan = scanner.count
            patience = line.after(TimeAmount(limits.grpc.messageTimeout)) {
                self.refuse(.cancel, context: context)
            }
        }
        held?.set(Self.room(scanner.held)) { self.refuse(.enhanceYourCalm, context: context) }
    }

    /// What the buffer takes that a message grows in.
    private static func room(_ bytes: Int) -> Int {
        bytes > 1 ? 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount) : bytes
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        connection?.callWasAnswered()
        if case .headers(let head) = unwrapOutboundIn(data), head.endStream { hasAnswered = true }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Mostly the call is over by now.
        guard hasAnswered, !isOver, context.channel.isActive else { return }
        hasAnswered = false
        isDone = true
        patience?.cancel()
        held?.end()
        awaitsEnd = false
        patience = line.after(TimeAmount(limits.stall)) { self.refuse(.cancel, context: context) }
    }

    private func refuse(_ code: HTTP2ErrorCode, context: ChannelHandlerContext) {
        guard !isOver else { return }
        end()
        context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension CallGuard: Sendable {}
