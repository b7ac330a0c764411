internal import MartletWire
internal import NIOCore
internal import NIOHTTP2

/// What the call makes the server hold, and for how long.
extension CallGuard {
    /// What is missing must come in time; what came of it is counted.
    func takeStock(context: ChannelHandlerContext) {
        guard !isDone else { return }
        let isMissing = awaitsEnd || scanner.held > 0
        if patience != nil, !isMissing || patienceBegan != scanner.count {
            patience?.cancel()
            patience = nil
        }
        if isMissing, patience == nil {
            patienceBegan = scanner.count
            patience = line.after(TimeAmount(limits.grpc.messageTimeout)) {
                self.refuse(.cancel, context: context)
            }
        }
        count(context: context)
    }

    /// A request that has not ended is kept even where its message is whole: it is acted on when it ends.
    func count(context: ChannelHandlerContext) {
        let bytes = Self.room(awaitsEnd ? requestBytes : scanner.held)
        held?.set(bytes + (isStuck(context) ? limits.grpc.windowBytes : 0)) {
            self.refuse(.enhanceYourCalm, context: context)
        }
    }

    /// It does not take its answers, and sends on: HTTP/2 keeps as much of that as the window lets through.
    private func isStuck(_ context: ChannelHandlerContext) -> Bool {
        !waiting.isEmpty && !hasWork && !context.channel.isWritable
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isOver { count(context: context) }
        context.fireChannelWritabilityChanged()
    }

    /// What the buffer takes that a message grows in.
    private static func room(_ bytes: Int) -> Int {
        bytes > 1 ? 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount) : bytes
    }
}
