internal import MartletWire
internal import NIOCore

/// The end of a connection: nothing of what was said is lost, and nobody can put the end off.
///
/// A socket that is closed drops what it has not sent, and what it has not read makes it reset the connection, so that
/// the peer may not see its answer. So our side is closed once the socket has taken the last answer, within `stall`, and
/// all of it when the peer has read that and closed, or after `lingering`.
///
/// A class, since what is called here calls back at once.
final class Leaving {
    private let line: FairLine
    private let stall: Duration
    private let lingering: Duration
    /// Tells when the socket has taken the last answer that was written.
    private var written: EventLoopFuture<Void>?
    private var deadline: FairLine.Deadline?
    /// The server cuts what is still in flight.
    private var isCut = false

    init(line: FairLine, stall: Duration, lingering: Duration) {
        self.line = line
        self.stall = stall
        self.lingering = lingering
    }

    func write(end data: NIOAny, promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
        let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
        written = promise.futureResult
        context.write(data, promise: promise)
    }

    func leave(_ mode: CloseMode, context: ChannelHandlerContext) {
        expectEnd(within: stall, context: context)
        context.flush()
        guard let written, !isCut else { return context.close(mode: mode, promise: nil) }
        // It fails only when the connection is closed already.
        written.assumeIsolated().whenSuccess { _ in context.close(mode: mode, promise: nil) }
    }

    /// The peer has been sent everything: its time to read it begins.
    func outputIsClosed(context: ChannelHandlerContext) { expectEnd(within: lingering, context: context) }

    func cut() { isCut = true }

    func end() {
        deadline?.cancel()
        deadline = nil
    }

    private func expectEnd(within time: Duration, context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = line.after(TimeAmount(time)) { context.close(promise: nil) }
    }
}

@available(*, unavailable)
extension Leaving: Sendable {}
