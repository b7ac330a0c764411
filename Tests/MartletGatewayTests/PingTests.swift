import MartletWire
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import MartletGateway

@Suite("The pings of a gRPC connection")
struct PingTests {
    private static let kind: UInt8 = 6
    private static let ping = Raw.frame(kind, [1, 2, 3, 4, 5, 6, 7, 8])
    private static let answer = Raw.frame(kind, flags: 1, [1, 2, 3, 4, 5, 6, 7, 8])

    private let loop = EmbeddedEventLoop()
    private let ticks = TickCounter()
    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(loop: loop)
        var limits = GatewayConfiguration.GRPC()
        // Only the pings are to be too many.
        limits.firstIdleFrames = limits.idleFrames
        try channel.pipeline.syncOperations.addHandler(
            FrameGuard(limits: limits, line: FairLine(loop, ticks: ticks)))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func receive(_ bytes: [UInt8]) throws {
        ticks.tick()
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        // As often as a slow machine may need for all of it.
        for _ in 0..<20 {
            ticks.tick()
            loop.advanceTime(by: .milliseconds(5))
        }
    }

    private func handedOn() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try channel.readInbound(as: ByteBuffer.self) { bytes += Array(piece.readableBytesView) }
        return bytes
    }

    private func sent() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(piece.readableBytesView) }
        return bytes
    }

    @Test("One is answered and not handed on; what comes before and after it is", arguments: [1, 40])
    func answered(count: Int) throws {
        let window = Raw.frame(8, [0, 0, 0, 1])
        let pings = Array(repeatElement(Self.ping + window, count: count).joined())
        try receive(Raw.hello + window + pings)
        #expect(try handedOn() == Raw.hello + Array(repeatElement(window, count: count + 1).joined()))
        #expect(try sent() == Array(repeatElement(Self.answer, count: count).joined()))
    }

    @Test("What answers one of ours is handed on")
    func acknowledged() throws {
        try receive(Raw.hello + Self.answer)
        #expect(try handedOn() == Raw.hello + Self.answer)
        #expect(try sent().isEmpty)
    }

    static let faults: [[UInt8]] = [
        Raw.preface + ping, Raw.hello + Raw.frame(kind, [1, 2, 3]),
        Raw.hello + Raw.frame(kind, stream: 1, [1, 2, 3, 4, 5, 6, 7, 8]),
        Raw.hello + Raw.frame(1, stream: 1, [0x82]) + ping,
    ]

    @Test("One that is a fault is handed on, for HTTP/2 to find", arguments: faults)
    func fault(bytes: [UInt8]) throws {
        try receive(bytes)
        #expect(try handedOn() == bytes)
        #expect(try sent().isEmpty)
    }

    @Test("One that comes in two reads is answered once, here or behind, and so is the next", arguments: 1...16)
    func split(at place: Int) throws {
        try receive(Raw.hello)
        try receive(Array(Self.ping.prefix(place)))
        try receive(Array(Self.ping.dropFirst(place)) + Self.ping)
        #expect(try handedOn() == Raw.hello + Self.ping)
        #expect(try sent() == Self.answer)
    }

    @Test("Any number is answered where as much is written, and HTTP/2 does not end the connection")
    func many() throws {
        try channel.pipeline.syncOperations.addHandler(
            NIOHTTP2Handler(mode: .server, connectionConfiguration: .init()))
        try receive(Raw.hello)
        for number in 0..<1_000 {
            let data = HTTP2PingData(withInteger: UInt64(number))
            try channel.writeOutbound(HTTP2Frame(streamID: .rootStream, payload: .ping(data, ack: false)))
            try receive(Self.ping)
        }
        let kinds = Raw.kinds(try sent())
        #expect(kinds.filter { $0 == Self.kind }.count == 2_000)
        #expect(!kinds.contains(Raw.goaway) && channel.isActive)
    }

    @Test("Too many of them for which nothing was written end the connection")
    func flood() throws {
        try receive(Raw.hello + Array(repeatElement(Self.ping, count: 90).joined()))
        let few = Raw.kinds(try sent())
        #expect(few.count == 90 && !few.contains(Raw.goaway))
        try receive(Array(repeatElement(Self.ping, count: 90).joined()))
        let many = Raw.kinds(try sent())
        #expect(many.contains(Raw.goaway) && !channel.isActive)
    }
}
