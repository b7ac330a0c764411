internal import MartletWire
internal import NIOCore
internal import NIOHTTP2

/// Cuts a call none of whose answers are taken for too long, be they ever so small.
///
/// What the peer's window does not let through waits in HTTP/2. Until there is a lot of it the call stays writable, and
/// `WriteStallHandler` sees nothing.
final class UntakenAnswers: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload

    private let limit: TimeAmount
    private let line: FairLine
    private var written = 0
    private var taken = 0
    /// Since when what is written waits, or the last of it that was taken.
    private var since = NIODeadline.now()
    private var deadline: FairLine.Deadline?

    init(limit: TimeAmount, line: FairLine) {
        self.limit = limit
        self.line = line
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .data = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        if written == taken { since = .now() }
        written += 1
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { [written] _ in self.took(written) }
        context.write(data, promise: promise)
        if deadline == nil { watch(context.channel) }
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
            if self.since + self.limit <= .now() { channel.close(promise: nil) } else { self.watch(channel) }
        }
    }
}

@available(*, unavailable)
extension UntakenAnswers: Sendable {}
