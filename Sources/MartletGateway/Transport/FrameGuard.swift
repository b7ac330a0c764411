internal import MartletWire
internal import NIOCore

/// What one HTTP/2 connection may cost, at the very front: it sees bytes, and of them the heads of frames.
///
/// It ends a connection that does not greet, that is silent though it is asked, that has had no call for too long, or
/// that sends more frames and messages without use than its allowance. It lets a few frames in at a time, and takes turns
/// with other connections: one read full of calls, or pings, does not keep the loop from everyone else. gRPC's own
/// handler, told so from here, says goodbye and waits to be answered; whoever does not answer is ended here.
final class FrameGuard: TakesTurns, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Any
    typealias OutboundOut = Any

    /// A data frame that is shorter and not the last carries next to nothing.
    static let smallFrame = 32
    /// Answers let their reader open windows and acknowledge: so many frames for each write.
    private static let earnedByWrite = 4
    private static let earnedByCall = 1
    /// A call that is begun and given up costs far more than its frames.
    private static let costOfReset = 9
    /// What the start of a call takes of a turn.
    private static let framesOfCall = 8
    private static let turnsOfKnown = 4

    private let limits: GatewayConfiguration.GRPC
    let line: FairLine
    /// Counts what arrives, all of it before any of it is acted on.
    private var arriving = FrameScanner()
    /// Finds the calls in what is let in.
    private var entering = FrameScanner()
    private var allowance: Allowance
    private var waiting = CircularBuffer<ByteBuffer>()
    var hasWork: Bool { !waiting.isEmpty }
    var isInLine = false
    let peer = FairLine.Peer()
    private(set) var isOver = false

    private var age: ConnectionAge
    private var deadline: FairLine.Deadline?
    private var context: ChannelHandlerContext?

    init(limits: GatewayConfiguration.GRPC, line: FairLine) {
        self.limits = limits
        self.line = line
        let now = NIODeadline.now()
        allowance = Allowance(
            burst: limits.idleFrames, first: limits.firstIdleFrames, perSecond: limits.idleFramesPerSecond, at: now)
        age = ConnectionAge(limits: limits, at: now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        // A socket that closes in the middle of a read never tells that the read is over, and until then the HTTP/2
        // handler keeps each call of it, and with one of them itself and the connection.
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.fireChannelReadComplete() }
        context.fireChannelInactive()
    }

    private func end() {
        isOver = true
        waiting.removeAll()
        deadline?.cancel()
        deadline = nil
    }

    func callBegan() { age.callBegan() }

    func callEnded() { age.callEnded(at: .now()) }

    func callWasAnswered() { peer.isKnown = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let now = NIODeadline.now()
        age.heard(at: now)
        let buffer = unwrapInboundIn(data)
        guard affords(buffer, at: now) else { return cut() }
        age.isGreeted = arriving.hasFrame
        waiting.append(buffer)
        come(isFirst: waiting.count == 1, context: context)
    }

    /// While something waits, the socket does too.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        allowance.give(Self.earnedByWrite)
        context.write(data, promise: promise)
    }

    func pass(context: ChannelHandlerContext) {
        var left = peer.isKnown ? limits.framesPerTurn * Self.turnsOfKnown : limits.framesPerTurn
        while left > 0, !isOver, var buffer = waiting.popFirst() {
            guard let piece = buffer.readSlice(length: endOfTurn(in: buffer, &left)) else { return }
            if buffer.readableBytes > 0 { waiting.prepend(buffer) }
            context.fireChannelRead(wrapInboundOut(piece))
        }
    }

    /// How many bytes may go on before `left` frames are used up.
    private func endOfTurn(in buffer: ByteBuffer, _ left: inout Int) -> Int {
        buffer.withUnsafeReadableBytes { bytes in
            var (position, units) = (0, 0)
            while left > 0, let head = entering.next(in: bytes, from: &position) {
                let cost = head.kind == .headers ? Self.framesOfCall : 1
                left -= cost
                // The messages in it are counted by `CallGuard`.
                if head.kind != .data { units += cost }
            }
            line.letIn(units)
            return position
        }
    }

    /// False: the allowance is used up.
    private func affords(_ buffer: ByteBuffer, at now: NIODeadline) -> Bool {
        buffer.withUnsafeReadableBytes { bytes in
            var position = 0
            while let head = arriving.next(in: bytes, from: &position) {
                switch head.kind {
                case .headers:
                    allowance.give(Self.earnedByCall)
                case .data where head.length >= Self.smallFrame || head.endsStream:
                    break
                case .reset:
                    guard allowance.take(Self.costOfReset, at: now) else { return false }
                default:
                    guard allowance.take(at: now) else { return false }
                }
            }
            return true
        }
    }

    /// Counts messages that carry next to nothing; false: that was too many, and the connection is over.
    func allows(_ smallMessages: Int) -> Bool {
        if allowance.take(smallMessages, at: .now()) { return true }
        cut()
        return false
    }

    /// Says why, and closes.
    func cut() {
        guard !isOver, let context else { return }
        end()
        context.writeAndFlush(NIOAny(Goaway.bytes(context.channel.allocator)), promise: nil)
        context.close(promise: nil)
    }

    private func watch() {
        guard let context else { return }
        switch age.verdict(at: .now()) {
        case .over:
            context.channel.close(promise: nil)
        case .sayGoodbye:
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            watch()
        case .wait(let due):
            deadline = line.after(due - .now()) { self.watch() }
        }
    }
}

@available(*, unavailable)
extension FrameGuard: Sendable {}
