internal import MartletWire
internal import NIOCore

/// What goes on in one turn: a few frames, but for pings, which are answered.
extension FrameGuard {
    /// What the start of a call takes of a turn.
    private static let framesOfCall = 8
    private static let turnsOfKnown = 4

    func pass(context: ChannelHandlerContext) {
        var left = peer.isKnown ? limits.framesPerTurn * Self.turnsOfKnown : limits.framesPerTurn
        while left > 0, !isOver, var buffer = waiting.popFirst() {
            let (end, isPing) = endOfPiece(in: buffer, &left)
            guard let piece = buffer.readSlice(length: end) else { return }
            let ping = isPing ? buffer.readSlice(length: Pings.size) : nil
            if buffer.readableBytes > 0 { waiting.prepend(buffer) }
            if piece.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(piece)) }
            if let ping { answer(ping, context: context) }
        }
    }

    /// How many bytes may go on before `left` frames are used up, or a ping comes that is answered here.
    private func endOfPiece(in buffer: ByteBuffer, _ left: inout Int) -> (end: Int, isPing: Bool) {
        buffer.withUnsafeReadableBytes { bytes -> (end: Int, isPing: Bool) in
            var position = 0
            while left > 0, let head = entering.next(in: bytes, from: &position) {
                let cost = head.kind == .headers ? Self.framesOfCall : 1
                left -= cost
                line.letIn(cost)
                guard pings.takes(head, endingAt: position, in: bytes) else { continue }
                let end = position - Pings.headSize
                let ping = UnsafeRawBufferPointer(rebasing: bytes[..<(end + Pings.size)])
                // What the ping says is no head of a frame.
                _ = entering.next(in: ping, from: &position)
                return (end: end, isPing: true)
            }
            return (end: position, isPing: false)
        }
    }

    private func answer(_ ping: ByteBuffer, context: ChannelHandlerContext) {
        guard !isOver else { return }
        context.write(NIOAny(Pings.answer(to: ping)), promise: nil)
        owesFlush = true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        flushAnswers(context: context)
    }

    func afterTurn(context: ChannelHandlerContext) { flushAnswers(context: context) }

    /// Mostly HTTP/2 has something to flush, too.
    private func flushAnswers(context: ChannelHandlerContext) {
        if owesFlush, !isOver { flush(context: context) }
    }

    func flush(context: ChannelHandlerContext) {
        owesFlush = false
        context.flush()
    }
}
