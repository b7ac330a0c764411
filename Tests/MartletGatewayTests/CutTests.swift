import MartletWire
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import MartletGateway

@Suite("Calls that are cut, and their connections")
struct CutTests {
    private let loop = EmbeddedEventLoop()
    private let ticks = TickCounter()
    private let line: FairLine
    private let holdings = Holdings(limit: 100)
    private let connection: EmbeddedChannel
    private let stream: EmbeddedChannel

    init() throws {
        line = FairLine(loop, ticks: ticks)
        connection = EmbeddedChannel(loop: loop)
        stream = EmbeddedChannel(loop: loop)
        for channel in [connection, stream] {
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        }
    }

    private func rounds() {
        for _ in 0..<20 {
            ticks.tick()
            loop.advanceTime(by: .milliseconds(5))
        }
    }

    /// The call writes more than its stream takes.
    private func fill() throws {
        try stream.pipeline.syncOperations.addHandler(
            WriteStallHandler<HTTP2Frame.FramePayload>(
                limit: .seconds(30), holdings: holdings, line: line, connection: connection))
        stream.isWritable = false
        stream.pipeline.fireChannelWritabilityChanged()
        let bytes = ByteBuffer(repeating: 7, count: 80)
        try stream.writeOutbound(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes))))
    }

    @Test(
        "A call that is stuck ends alone where its connection takes what is written, and else with it",
        arguments: [true, false])
    func stuck(connectionTakes: Bool) throws {
        try fill()
        connection.isWritable = connectionTakes
        rounds()
        #expect(stream.isActive && connection.isActive)
        loop.advanceTime(by: .seconds(30))
        rounds()
        #expect(connection.isActive == connectionTakes)
        #expect(stream.isActive != connectionTakes)
    }

    @Test("So does one that has to make way", arguments: [true, false])
    func makesWay(connectionTakes: Bool) throws {
        try fill()
        connection.isWritable = connectionTakes
        let other = holdings.begin {}
        holdings.add(90, to: other)
        rounds()
        #expect(connection.isActive == connectionTakes)
        #expect(stream.isActive != connectionTakes)
    }

    @Test("A connection that is stuck ends, and nothing else")
    func connectionAlone() throws {
        try connection.pipeline.syncOperations.addHandler(
            WriteStallHandler<IOData>(limit: .seconds(30), holdings: holdings, line: line))
        connection.isWritable = false
        connection.pipeline.fireChannelWritabilityChanged()
        loop.advanceTime(by: .seconds(30))
        rounds()
        #expect(!connection.isActive && stream.isActive)
    }

    @Test(
        "A call that is refused in its course ends with a connection that takes nothing; one that is turned away, alone",
        arguments: [HTTP2ErrorCode.cancel, .enhanceYourCalm, .refusedStream])
    func refused(code: HTTP2ErrorCode) throws {
        let front = FrameGuard(limits: GatewayConfiguration.GRPC(), line: line)
        try connection.pipeline.syncOperations.addHandler(front)
        let limits = CallGuard.Limits(
            grpc: GatewayConfiguration.GRPC(), stall: .seconds(30), holdings: holdings, line: line)
        let guardian = CallGuard(limits: limits, connection: front, isAdmitted: true)
        try stream.pipeline.syncOperations.addHandler(guardian)
        connection.isWritable = false

        guardian.refuse(code, context: try stream.pipeline.syncOperations.context(handler: guardian))
        rounds()

        #expect(connection.isActive == (code == .refusedStream))
        #expect(stream.isActive == (code != .refusedStream))
    }
}
