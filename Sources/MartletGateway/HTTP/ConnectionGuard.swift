internal import HTTPTypes
internal import MartletWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// What one HTTP/1.1 connection may cost, and a problem document for what never becomes a request.
///
/// The first head must be complete within `headTimeout`, and each body within `bodyTimeout`; a head that cannot be parsed
/// is answered and the connection closed. A response with `Connection: close` ends the connection, as `Leaving` says;
/// what the peer still sends is dropped.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    enum Phase { case head, body, answering, closing }

    private let limits: GatewayConfiguration.HTTP
    let departure: Departure
    let gate: ByteGate
    private let line: FairLine
    let leaving: Leaving
    var phase = Phase.head
    /// Requests whose answers have not been written to their ends.
    var owed = 0
    /// Whether the first of those answers has begun.
    var isAnswering = false
    /// Whether the answer that is being written is the last.
    var isLastAnswer = false
    /// Whether the connection ends once nothing is owed.
    var isQuiescing = false
    /// Whether the request that is being read is the last that the parser can find.
    private var isSwitching = false
    /// Why nothing more is read; it is the last answer, after those that are owed to whole requests.
    var lastWord: Problem?
    private let parts: Holdings
    var body: ArrivingBody?
    private var deadline: FairLine.Deadline?

    init(
        limits: GatewayConfiguration.HTTP, stall: Duration, departure: Departure, parts: Holdings, gate: ByteGate,
        line: FairLine
    ) {
        leaving = Leaving(line: line, stall: stall, lingering: limits.lingering)
        self.limits = limits
        self.parts = parts
        self.gate = gate
        self.line = line
        self.departure = departure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        body = ArrivingBody(held: Held(in: parts, loop: context.eventLoop))
        expect(within: limits.headTimeout, context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        cutShort(context: context)
        end()
        context.fireChannelInactive()
    }

    /// Whoever reads the body must not take what came of it for all of it, and need not keep it.
    func cutShort(context: ChannelHandlerContext) {
        guard phase == .body else { return }
        context.fireErrorCaught(Problem(.malformedBody, "the body ends too early"))
    }

    private func end() {
        endWaiting()
        leaving.end()
        body?.letGo()
        departure.happen()
    }

    func endWaiting() {
        deadline?.cancel()
        deadline = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .closing, !gate.isShut else { return }
        switch unwrapInboundIn(data) {
        case .head where owed >= limits.maxPipelined:
            return refuse(
                Problem(
                    .exhausted, "at most \(limits.maxPipelined) requests of one connection may wait for their answers",
                    retryAfter: .seconds(1)), context: context)
        case .head(let head):
            phase = .body
            owed += 1
            isSwitching = head.asksToSwitch
            expectBody(context: context)
        case .body(let piece):
            if ArrivingBody.isSmall(piece) { gate.isDear() }
            guard body?.take(piece) != false else {
                return refuse(
                    Problem(.malformedBody, "the body comes in chunks of a few bytes each"), context: context)
            }
        case .end:
            phase = .answering
            body?.letGo()
            endWaiting()
            if isSwitching { gate.isShut = true }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if phase == .body { body?.hold { self.makeWay(context: context) } }
        context.fireChannelReadComplete()
    }

    /// Newer bodies need the room of this one.
    private func makeWay(context: ChannelHandlerContext) {
        refuse(Problem(.exhausted, "too much has not arrived whole", retryAfter: .seconds(1)), context: context)
        // What came of it is there until the answers before it are given, which may wait for a minute.
        departure.happen()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow:
            refuse(
                Problem(
                    .headersTooLarge,
                    "at most \(limits.maxHeaders) headers and \(limits.maxHeaderBytes) bytes of them"),
                context: context)
        case is ChannelError, is IOError:
            cutShort(context: context)
            context.fireErrorCaught(error)
        default:
            // The parser's, or that of the codec behind it: neither can go on.
            refuse(Problem(.malformedRequest, "this is not HTTP/1.1"), context: context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .closing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            isAnswering = true
            if isQuiescing, owed == 1, lastWord == nil { head.headerFields[.connection] = "close" }
            isLastAnswer = head.headerFields[.connection] == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            leaving.write(end: data, promise: promise, context: context)
            answerEnded(context: context)
        default:
            context.write(data, promise: promise)
        }
    }

    /// A body is not read while others before it are owed their answers: its time begins when it is the first.
    func expectBody(context: ChannelHandlerContext) {
        if owed == 1 { expect(within: limits.bodyTimeout, context: context) }
    }

    private func expect(within time: Duration, context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = line.after(TimeAmount(time)) {
            let what = self.phase == .head ? "the request's head" : "the request's body"
            self.refuse(Problem(.timeout, "\(what) did not arrive within \(time)"), context: context)
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
