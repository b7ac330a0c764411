internal import MartletWire
internal import NIOCore

/// Hands on what comes a little at a time, and stands in line with the rest: one read that is full of work does not keep
/// the loop from everyone else.
protocol TakesTurns: ChannelDuplexHandler {
    var line: FairLine { get }
    var peer: FairLine.Peer { get }
    var isInLine: Bool { get set }
    /// Whether something waits. Meanwhile the socket should, too.
    var hasWork: Bool { get }
    /// Nothing is handed on any more.
    var isOver: Bool { get }

    /// One turn.
    func pass(context: ChannelHandlerContext)
    /// A turn that was waited for is over.
    func afterTurn(context: ChannelHandlerContext)
}

extension TakesTurns {
    /// Something has come; at once if it is the first, and the line is open.
    func come(isFirst: Bool, context: ChannelHandlerContext) {
        guard isFirst, line.isOpen(to: peer) else { return standInLine(context: context) }
        pass(context: context)
        if hasWork { standInLine(context: context) }
    }

    private func standInLine(context: ChannelHandlerContext) {
        guard !isInLine, !isOver else { return }
        isInLine = true
        line.wait(peer) { self.goOn(context: context) }
    }

    private func goOn(context: ChannelHandlerContext) {
        isInLine = false
        guard !isOver else { return }
        pass(context: context)
        guard !isOver else { return }
        context.fireChannelReadComplete()
        afterTurn(context: context)
        if hasWork { return standInLine(context: context) }
        context.channel.read()
    }

    func afterTurn(context: ChannelHandlerContext) {}
}
