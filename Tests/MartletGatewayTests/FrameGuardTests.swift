import MartletWire
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import MartletGateway

@Suite("The guard at the front of a gRPC connection")
struct FrameGuardTests {
    /// Closes as gRPC does when HTTP/2 is broken.
    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    @Test("A connection that opens a call and breaks HTTP/2 in the same read leaves nothing behind")
    func brokenConnectionIsLetGo() throws {
        weak var left: EmbeddedChannel?
        try {
            let channel = EmbeddedChannel()
            left = channel
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
                FrameGuard(
                    limits: GatewayConfiguration().grpc,
                    line: FairLine(channel.eventLoop, ticks: TickCounter())))
            _ = try pipeline.configureAsyncHTTP2Pipeline(mode: .server, configuration: .init()) { stream in
                stream.eventLoop.makeSucceededVoidFuture()
            }
            try pipeline.addHandler(Closer())
            try channel.connect(to: .init(unixDomainSocketPath: "/nowhere")).wait()

            let ping: UInt8 = 6
            let bytes = Raw.hello + Raw.call("/a/b", stream: 1) + Raw.frame(ping, [1, 2, 3])
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
            channel.embeddedEventLoop.run()
            #expect(!channel.isActive)
        }()

        #expect(left == nil)
    }

    @Test("Frames of data count, too, among what may go on at once")
    func dataIsCounted() throws {
        let channel = EmbeddedChannel()
        let line = FairLine(channel.eventLoop, ticks: TickCounter())
        try channel.pipeline.syncOperations.addHandler(FrameGuard(limits: GatewayConfiguration().grpc, line: line))
        try channel.connect(to: .init(unixDomainSocketPath: "/nowhere")).wait()
        let data = Raw.frame(0, stream: 1, [UInt8](repeating: 7, count: 40))

        try channel.writeInbound(ByteBuffer(bytes: Raw.hello + Array(repeatElement(data, count: 14).joined())))

        // Those, the settings, and these are what strangers may have at once.
        line.letIn(17)
        #expect(!line.isOpen(to: FairLine.Peer()))
    }
}
