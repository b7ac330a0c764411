internal import MartletWire
internal import NIOCore

/// What one HTTP/2 connection may cost, at the very front: it sees bytes, and of them the heads of frames.
///
/// It ends a connection that does not greet, that is silent though it is asked, that has had no call for too long, or
/// that sends more frames and messages without use than its allowance. It lets a few frames in at a time, and takes turns
/// with other connections: one read full of calls, or pings, does not keep the loop from everyone else. gRPC's own
/// handler, told so from here, says goodbye and waits to be answered; whoever does not answer is ended here. It answers
/// pings, of which HTTP/2 would take too few.
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

    let limits: GatewayConfiguration.GRPC
    let line: FairLine
    /// Counts what arrives, all of it before any of it is acted on.
    private var arriving = FrameScanner()
    /// Finds the calls and the pings in what is let in.
    var entering = FrameScanner()
    private var allowance: Allowance
    var pings: Pings
    /// A ping was answered, and the answer not flushed.
    var owesFlush = false
    var waiting = CircularBuffer<ByteBuffer>()
    var hasWork: Bool { !waiting.isEmpty }
    var isInLine = false
    let peer = FairLine.Peer()
    private(set) var isOver = false

    private var age: ConnectionAge
    private var deadline: FairLine.Deadline?
    private var context: ChannelHandlerContext?
    /// Nil once it is gone.
    var channel: (any Channel)? { context?.channel }

    init(limits: GatewayConfiguration.GRPC, line: FairLine) {
        self.limits = limits
        self.line = line
        let now = NIODeadline.now()
        allowance = Allowance(
            burst: limits.idleFrames, first: limits.firstIdleFrames, perSecond: limits.idleFramesPerSecond, at: now)
        pings = Pings(at: now)
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

    func callWasAnswered() { line.know(peer) }

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
        pings.earn()
        context.write(data, promise: promise)
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
                    guard allowance.take(at: now), pings.affords(head, at: now) else { return false }
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
