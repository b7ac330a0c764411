internal import MartletWire
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// What one gRPC call may cost, at the front of its stream.
///
/// A request that is not whole in time, and a message that stops half-way, end the call, and what such messages hold is
/// bounded over all calls. Messages go on a few at a time: a window full of tiny ones must not keep the loop from
/// everyone else, and too many of those end the connection. They go on no further than the call's `Pace`. An answer that
/// was given is taken within the limit for stalled writing, or the call is over.
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

    /// Bytes of a turn: a batch of jobs goes on whole, and not ten of them.
    static let bytesPerTurn = 128 << 10
    /// Bytes that count as much as a message.
    private static let bytesPerUnit = 1 << 10

    let limits: Limits
    let connection: FrameGuard?
    let peer: FairLine.Peer
    private let isAdmitted: Bool
    /// Counts what arrives, before any of it is acted on.
    private var arriving = MessageScanner()
    /// Counts what is handed on.
    var scanner = MessageScanner()
    var waiting = CircularBuffer<HTTP2Frame.FramePayload.Data>()
    var pace = Pace.free
    var hasWork: Bool { !waiting.isEmpty && pace.room(after: scanner.count) > 0 }
    var isInLine = false
    var line: FairLine { limits.line }
    private(set) var isOver = false
    /// The request ends with its first message, and has not ended.
    var awaitsEnd = false
    /// What has come of such a request.
    var requestBytes = 0
    /// The answer is given, and must be taken in time whatever still comes.
    var isDone = false
    var patience: FairLine.Deadline?
    var patienceBegan = 0
    var held: Held?

    /// `isAdmitted`: false refuses the call, for there are too many.
    init(limits: Limits, connection: FrameGuard?, isAdmitted: Bool) {
        self.limits = limits
        self.connection = connection
        peer = connection?.peer ?? FairLine.Peer()
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
            let pace = StreamingMethods.pace(of: head.headers.first(name: ":path"))
            awaitsEnd = !head.endStream && pace == nil
            self.pace = pace ?? self.pace
            context.fireChannelRead(data)
        case .data(let frame):
            guard affords(frame.data), !isDone else { return }
            waiting.append(frame)
            come(isFirst: waiting.count == 1, context: context)
        default:
            context.fireChannelRead(data)
        }
    }

    /// False: it brings too many messages that carry next to nothing, and the connection is over.
    private func affords(_ data: IOData) -> Bool {
        guard case .byteBuffer(let buffer) = data else { return true }
        let before = arriving.smallCount
        buffer.withUnsafeReadableBytes { arriving.pass($0) }
        let small = arriving.smallCount - before
        return small == 0 || connection?.allows(small) != false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isOver else { return }
        context.fireChannelReadComplete()
        if isDone { return context.read() }
        takeStock(context: context)
    }

    /// While something waits, the window stays as it is.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() }
    }

    func afterTurn(context: ChannelHandlerContext) { takeStock(context: context) }

    func pass(context: ChannelHandlerContext) {
        var left = min(limits.grpc.messagesPerTurn, pace.room(after: scanner.count))
        var bytes = Self.bytesPerTurn
        while left > 0, bytes > 0, !isOver, let frame = waiting.popFirst() {
            guard case .byteBuffer(var buffer) = frame.data else { continue }
            let before = scanner.count
            let size = buffer.withUnsafeReadableBytes { scanner.pass($0, messages: left) }
            if awaitsEnd { requestBytes += size }
            left -= scanner.count - before
            bytes -= size
            line.letIn(scanner.count - before + size / Self.bytesPerUnit)
            let isWhole = size == buffer.readableBytes
            let piece = buffer.readSlice(length: size) ?? ByteBuffer()
            if !isWhole {
                waiting.prepend(HTTP2Frame.FramePayload.Data(data: .byteBuffer(buffer), endStream: frame.endStream))
            }
            let endsHere = isWhole && frame.endStream
            if endsHere { awaitsEnd = false }
            handOn(piece, endStream: endsHere, context: context)
        }
    }

    /// gRPC keeps the buffer in which it put a message together until the next bytes come, and on a stream that stays
    /// open none may ever: after a large message it is given none, and lets go.
    private func handOn(_ piece: ByteBuffer, endStream: Bool, context: ChannelHandlerContext) {
        let isLarge = scanner.hasEndedLarge
        let passed = HTTP2Frame.FramePayload.Data(data: .byteBuffer(piece), endStream: endStream && !isLarge)
        context.fireChannelRead(wrapInboundOut(.data(passed)))
        guard isLarge, !isOver else { return }
        let nothing = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer()), endStream: endStream)
        context.fireChannelRead(wrapInboundOut(.data(nothing)))
    }

    func refuse(_ code: HTTP2ErrorCode, context: ChannelHandlerContext) {
        guard !isOver else { return }
        end()
        context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
        // What is turned away at once holds nothing, and is tried again on the same connection.
        Cut(channel: context.channel, connection: code == .refusedStream ? nil : connection?.channel)()
    }
}

@available(*, unavailable)
extension CallGuard: Sendable {}
