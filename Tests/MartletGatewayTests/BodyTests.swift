import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import MartletGateway

@Suite("The bytes of a body")
struct BodyTests {
    @Test("They are the same in blocks, whatever was announced", arguments: [nil, -1, 0, 100, 65_536, .max])
    func blocks(announced: Int?) {
        var body = BodyBytes(announced: announced)
        var all: [UInt8] = []
        for size in [0, 1, 100, 65_535, 65_536, 200_000, 3] {
            let piece = (0..<size).map { UInt8(truncatingIfNeeded: all.count + $0) }
            body.append(ByteBuffer(bytes: piece).readableBytesView)
            all += piece
        }
        #expect(body.count == all.count)
        #expect(body.joined() == all)
        #expect(BodyBytes(announced: announced).joined().isEmpty)
    }

    @Test("Small pieces are put together until the read is over, large ones go as they are, all in order")
    func packing() throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(BodyPacker())
        func body(_ byte: UInt8, _ count: Int) -> HTTPRequestPart {
            .body(ByteBuffer(repeating: byte, count: count))
        }
        for part in [body(1, 10), body(2, 10), body(3, 5_000), body(4, 4_000), body(5, 200), .end(nil)] {
            channel.pipeline.fireChannelRead(part)
        }
        channel.pipeline.fireChannelReadComplete()
        var sizes: [Int?] = []
        while let part = try channel.readInbound(as: HTTPRequestPart.self) {
            if case .body(let piece) = part { sizes.append(piece.readableBytes) } else { sizes.append(nil) }
        }
        #expect(sizes == [20, 5_000, 4_200, nil])

        channel.pipeline.fireChannelRead(body(6, 7))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == nil)
        channel.pipeline.fireChannelReadComplete()
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == body(6, 7))
    }
}
