internal import MartletWire
internal import NIOCore
internal import NIOHTTP2

/// Cuts a call none of whose answers are taken for too long, be they ever so small.
///
/// What the peer's window does not let through waits in HTTP/2. Until there is a lot of it the call stays writable, and
/// `WriteStallHandler` sees nothing. A large answer goes on in pieces: who takes some of it is slow, but takes it.
final class UntakenAnswers: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    static let piece = 64 << 10

    private let limit: TimeAmount
    private let line: FairLine
    private let connection: (any Channel)?
    private var written = 0
    private var taken = 0
    /// Since when what is written waits, or the last of it that was taken.
    private var since = NIODeadline.now()
    private var deadline: FairLine.Deadline?
    private var isWriting = false
    /// What is written in the middle of another write: the first piece may fill the stream, and whoever hears of that
    /// writes on at once. It comes behind the last piece.
    private var late: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var isFlushLate = false

    /// - Parameter connection: what the call is on.
    init(limit: TimeAmount, line: FairLine, connection: (any Channel)? = nil) {
        self.limit = limit
        self.line = line
        self.connection = connection
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isWriting else { return late.append((data, promise)) }
        isWriting = true
        cut(data, promise, context)
        while !late.isEmpty {
            let next = late.removeFirst()
            cut(next.data, next.promise, context)
        }
        isWriting = false
        if isFlushLate { flush(context: context) }
    }

    func flush(context: ChannelHandlerContext) {
        isFlushLate = isWriting
        guard !isWriting else { return }
        context.flush()
        // Mostly it is taken by now, and there is nothing to watch.
        if written > taken, deadline == nil { watch(context.channel) }
    }

    private func cut(_ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        guard case .data(var frame) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        guard frame.data.readableBytes > Self.piece else { return put(data, promise, context) }
        while case .byteBuffer(var rest) = frame.data, rest.readableBytes > Self.piece,
            let piece = rest.readSlice(length: Self.piece)
        {
            frame.data = .byteBuffer(rest)
            put(wrapOutboundOut(.data(HTTP2Frame.FramePayload.Data(data: .byteBuffer(piece)))), nil, context)
        }
        put(wrapOutboundOut(.data(frame)), promise, context)
    }

    private func put(_ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        if written == taken { since = .now() }
        written += 1
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { [written] _ in self.took(written) }
        context.write(data, promise: promise)
    }

    private func took(_ number: Int) {
        taken = number
        since = .now()
    }

    /// One timer looks now and then, for setting one with each answer would cost more than the answer.
    private func watch(_ channel: any Channel) {
        deadline = line.after(since + limit - .now()) {
            self.deadline = nil
            guard self.written > self.taken else { return }
            guard self.since + self.limit <= .now() else { return self.watch(channel) }
            Cut(channel: channel, connection: self.connection)()
        }
    }
}

@available(*, unavailable)
extension UntakenAnswers: Sendable {}
