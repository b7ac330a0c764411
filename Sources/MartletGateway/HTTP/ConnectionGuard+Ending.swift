internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// How a connection ends: by the peer, by the server, or by a last answer.
extension ConnectionGuard {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Nobody half-closes and then waits for long: whoever closes is gone.
            cutShort(context: context)
            departure.happen()
        case ChannelEvent.outputClosed where phase == .closing:
            // Whoever is behind us would take it for a failure of the answer that we drop, and close everything.
            return leaving.outputIsClosed(context: context)
        case is ChannelShouldQuiesceEvent:
            // Behind us it would close as soon as the last answer is written, though it is not sent.
            isQuiescing = true
            if owed == 0, phase != .closing { leave(.all, context: context) }
            return
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What comes from behind; a timer, or a limit that is overrun, closes all of it, and at once.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output:
            // Nothing more will be written; what has been must be sent first.
            if phase != .closing { leave(.output, context: context) }
            promise?.succeed(())
        case .input:
            // The server does not wait any longer.
            leaving.cut()
            context.close(mode: phase == .closing ? .all : .input, promise: promise)
        case .all:
            context.close(promise: promise)
        }
    }

    /// Answers what is not, or not yet, a request. Whole requests before it are answered first, and then no more.
    func refuse(_ problem: Problem, context: ChannelHandlerContext) {
        switch phase {
        case .closing: return
        case .answering where owed > 0, .body where owed > 1:
            lastWord = lastWord ?? problem
            hearNoMore()
        // This request's answer is on its way, or was given already: one more would belong to nothing.
        case .body where owed == 0: leave(.output, context: context)
        case .body where isAnswering:
            isQuiescing = true
            hearNoMore()
        case .head, .body, .answering: say(problem, context: context)
        }
    }

    private func hearNoMore() {
        gate.isShut = true
        body?.letGo()
        endWaiting()
    }

    /// An answer has been written to its end.
    func answerEnded(context: ChannelHandlerContext) {
        isAnswering = false
        owed -= 1
        if isLastAnswer {
            leave(.output, context: context)
        } else if let lastWord, owed == (phase == .body ? 1 : 0) {
            // It is the answer to the request whose body did not come, if there is one.
            say(lastWord, context: context)
        } else if owed == 0 {
            if isQuiescing { leave(.output, context: context) }
        } else if phase == .body {
            expectBody(context: context)
        }
    }

    func say(_ problem: Problem, context: ChannelHandlerContext) {
        cutShort(context: context)
        var answer = Answer(problem, requestID: RequestID.make())
        answer.fields[.connection] = "close"
        let body = context.channel.allocator.buffer(bytes: answer.body)
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        leaving.write(end: wrapOutboundOut(.end(nil)), promise: nil, context: context)
        leave(.output, context: context)
        departure.happen()
    }

    func leave(_ mode: CloseMode, context: ChannelHandlerContext) {
        phase = .closing
        gate.isShut = true
        body?.letGo()
        endWaiting()
        leaving.leave(mode, context: context)
    }
}
