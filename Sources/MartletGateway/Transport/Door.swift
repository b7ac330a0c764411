internal import NIOCore

/// Lets a listener tell of a connection later than it takes it: sockets pass by those who listen to where they are
/// registered, and what became of them is told when it is known.
///
/// To be installed before NIO's own handler of what is accepted; one loop serves the listener and all its connections.
final class Door<Connection: Sendable>: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = Connection

    private let admit: (any Channel) throws -> EventLoopFuture<Connection>
    private let back: BackDoor

    private init(admit: @escaping (any Channel) throws -> EventLoopFuture<Connection>, back: BackDoor) {
        self.admit = admit
        self.back = back
    }

    /// `admit` closes what it does not admit, and throws.
    static func install(
        in channel: any Channel, admit: @escaping (any Channel) throws -> EventLoopFuture<Connection>
    ) throws -> NIOAsyncChannel<Connection, Never> {
        let back = BackDoor()
        try channel.pipeline.syncOperations.addHandler(Door(admit: admit, back: back))
        let listening = try NIOAsyncChannel<Connection, Never>(wrappingChannelSynchronously: channel)
        try channel.pipeline.syncOperations.addHandler(back)
        return listening
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whoever is turned away is closed already.
        guard let connection = try? admit(unwrapInboundIn(data)) else { return }
        connection.assumeIsolated().whenSuccess {
            context.fireChannelRead(self.wrapInboundOut($0))
            context.fireChannelReadComplete()
        }
        back.pass(data)
    }

    /// One that could not be accepted is no reason to accept no more.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { back.pass(error) }
}

/// Behind those who listen.
private final class BackDoor: ChannelInboundHandler {
    typealias InboundIn = Any

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// What has been listened to ends here.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func pass(_ socket: NIOAny) { context?.fireChannelRead(socket) }
    func pass(_ error: any Error) { context?.fireErrorCaught(error) }
}

@available(*, unavailable)
extension Door: Sendable {}
@available(*, unavailable)
extension BackDoor: Sendable {}
