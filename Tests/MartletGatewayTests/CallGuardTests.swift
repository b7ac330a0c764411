import MartletWire
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import MartletGateway

@Suite("The guard at the front of a call")
struct CallGuardTests {
    /// Puts messages together as gRPC does: what it was given last it keeps until more comes.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame.FramePayload

        private(set) var kept = ByteBuffer()
        private(set) var messages: [Int] = []
        private(set) var hasEnded = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .data(let frame) = unwrapInboundIn(data), case .byteBuffer(let bytes) = frame.data else {
                return
            }
            if kept.readableBytes == 0 { kept = bytes } else { kept.writeImmutableBuffer(bytes) }
            while takeMessage() {}
            #expect(!hasEnded)
            hasEnded = frame.endStream
        }

        private func takeMessage() -> Bool {
            guard let size = kept.getInteger(at: kept.readerIndex + 1, as: UInt32.self),
                kept.readSlice(length: Int(size) + 5) != nil
            else { return false }
            messages.append(Int(size))
            return true
        }
    }

    private let loop = EmbeddedEventLoop()
    private let ticks = TickCounter()
    private let holdings = Holdings(limit: 1 << 30)
    /// Counts how often more is asked for.
    private final class Asker: ChannelOutboundHandler {
        typealias OutboundIn = Any
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    private let reader = Reader()
    private let asker = Asker()
    private let line: FairLine
    private let guardian: CallGuard
    private let stream: EmbeddedChannel

    init() throws {
        stream = EmbeddedChannel(loop: loop)
        line = FairLine(loop, ticks: ticks)
        let limits = CallGuard.Limits(
            grpc: GatewayConfiguration.GRPC(), stall: .seconds(30), holdings: holdings, line: line)
        guardian = CallGuard(limits: limits, connection: nil, isAdmitted: true)
        try stream.pipeline.syncOperations.addHandlers([asker, guardian, reader])
        try stream.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private static let submit = "/martlet.v1.Jobs/Submit"
    private static let submitStream = "/martlet.v1.Jobs/SubmitStream"
    private static let session = "/martlet.v1.Work/Session"

    /// The head of a call, as HTTP/2 reads it.
    private static func head(of path: String) throws -> HTTP2Frame.FramePayload.Headers {
        let connection = EmbeddedChannel()
        try connection.pipeline.syncOperations.addHandler(
            NIOHTTP2Handler(mode: .server, connectionConfiguration: .init()))
        try connection.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        try connection.writeInbound(ByteBuffer(bytes: Raw.hello + Raw.call(path, stream: 1)))
        var head: HTTP2Frame.FramePayload.Headers?
        while let frame = try connection.readInbound(as: HTTP2Frame.self) {
            if case .headers(let found) = frame.payload { head = found }
        }
        return try #require(head)
    }

    private static func message(_ size: Int) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(size))
        buffer.writeRepeatingByte(7, count: size)
        return Array(buffer.readableBytesView)
    }

    private func begin(_ path: String) throws {
        try stream.writeInbound(HTTP2Frame.FramePayload.headers(try Self.head(of: path)))
    }

    /// The bytes in frames, as a client sends them.
    private func receive(_ bytes: [UInt8], isEnd: Bool = false) throws {
        let size = 16_384
        var position = 0
        repeat {
            let end = min(position + size, bytes.count)
            let frame = HTTP2Frame.FramePayload.Data(
                data: .byteBuffer(ByteBuffer(bytes: bytes[position..<end])), endStream: isEnd && end == bytes.count)
            try stream.writeInbound(HTTP2Frame.FramePayload.data(frame))
            position = end
        } while position < bytes.count
    }

    private func answer(_ count: Int) throws {
        let bytes = Array(repeatElement(Self.message(20), count: count).joined())
        let frame = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(bytes: bytes)))
        try stream.writeOutbound(HTTP2Frame.FramePayload.data(frame))
        rounds()
    }

    /// Whatever stands in line has its turn.
    private func rounds() {
        for _ in 0..<200 {
            ticks.tick()
            loop.advanceTime(by: .milliseconds(5))
        }
    }

    @Test(
        "The buffer of a large message is let go of once it is whole, also when the next has begun",
        arguments: [[], [0, 0, 0]] as [[UInt8]])
    func largeMessage(next: [UInt8]) throws {
        try begin(Self.submitStream)
        try receive(Self.message(100_000) + next)
        rounds()
        #expect(reader.messages == [100_000])
        #expect(reader.kept.readableBytes == next.count)
        #expect(reader.kept.storageCapacity <= 16_384)
        #expect(!reader.hasEnded)
    }

    @Test("The end of a request comes after its large message is let go of")
    func largeRequest() throws {
        try begin(Self.submit)
        try receive(Self.message(100_000), isEnd: true)
        rounds()
        #expect(reader.messages == [100_000])
        #expect(reader.kept.storageCapacity <= 16_384)
        #expect(reader.hasEnded)
    }

    @Test("A turn takes some bytes and no more, however few messages they are, and counts them")
    func largeTurn() throws {
        try begin(Self.submitStream)
        for _ in 0..<14 { try receive(Self.message(20_000)) }
        // Three frames of 16 KiB are as many units as a stranger may have at once.
        #expect(reader.messages.count == 1)
        #expect(!line.isOpen(to: FairLine.Peer()))
        var afterTurn = 0
        line.wait(FairLine.Peer()) { [reader] in afterTurn = reader.messages.count }
        rounds()
        let most = 1 + CallGuard.bytesPerTurn / 20_000 + 1
        #expect(afterTurn > 1 && afterTurn <= most)
        #expect(reader.messages.count == 14)
    }

    @Test("A request that has not ended is counted, though its message is whole")
    func unendedRequest() throws {
        try begin(Self.submit)
        try receive(Self.message(100_000))
        rounds()
        #expect(holdings.bytes >= 100_000)
        try receive([], isEnd: true)
        #expect(holdings.bytes == 0 && reader.hasEnded)
    }

    @Test("A whole message of a stream is not counted")
    func wholeMessage() throws {
        try begin(Self.submitStream)
        try receive(Array(Self.message(100_000).prefix(90_000)))
        rounds()
        #expect(holdings.bytes >= 90_000)
        try receive(Array(Self.message(100_000).suffix(10_005)))
        rounds()
        #expect(holdings.bytes == 0)
    }

    @Test("What came of a message is counted until the call is over, though it was answered before")
    func answeredRequest() throws {
        try begin(Self.session)
        try receive(Array(Self.message(100_000).prefix(90_000)))
        rounds()
        var end = try Self.head(of: Self.session)
        end.endStream = true
        try stream.writeOutbound(HTTP2Frame.FramePayload.headers(end))
        #expect(holdings.bytes >= 90_000)
        _ = try stream.finish()
        #expect(holdings.bytes == 0)
    }

    @Test("No more submissions go on than may be unanswered, and each answer lets one more go on")
    func submissions() throws {
        try begin(Self.submitStream)
        for _ in 0..<40 { try receive(Self.message(100)) }
        try receive([], isEnd: true)
        #expect(reader.messages.count == 16)
        try answer(3)
        #expect(reader.messages.count == 19 && !reader.hasEnded)
        try answer(16)
        #expect(reader.messages.count == 35)
        try answer(6)
        #expect(reader.messages.count == 40 && reader.hasEnded)
    }

    @Test("Who sends on and does not take the answers is counted with a window full of it")
    func stuck() throws {
        try begin(Self.submitStream)
        for _ in 0..<17 { try receive(Self.message(100)) }
        #expect(holdings.bytes == 0)

        stream.isWritable = false
        stream.pipeline.fireChannelWritabilityChanged()
        #expect(holdings.bytes == 1 << 20)

        stream.isWritable = true
        stream.pipeline.fireChannelWritabilityChanged()
        #expect(holdings.bytes == 0)
    }

    @Test("What comes after the answer is read and dropped, and with it what waited")
    func afterTheAnswer() throws {
        try begin(Self.session)
        for _ in 0..<40 { try receive(Self.message(1000)) }
        #expect(!guardian.waiting.isEmpty)

        var end = try Self.head(of: Self.session)
        end.endStream = true
        try stream.writeOutbound(HTTP2Frame.FramePayload.headers(end))
        let asked = asker.count
        for _ in 0..<40 { try receive(Self.message(1000)) }

        #expect(guardian.waiting.isEmpty)
        #expect(asker.count >= asked + 40)
        #expect(reader.messages.count == 1)
    }

    @Test("What a worker says goes on once its session is open")
    func session() throws {
        try begin(Self.session)
        for _ in 0..<40 { try receive(Self.message(100)) }
        #expect(reader.messages.count == 1)
        try answer(1)
        #expect(reader.messages.count == 40)
        for _ in 0..<40 { try receive(Self.message(100)) }
        rounds()
        #expect(reader.messages.count == 80)
    }
}
