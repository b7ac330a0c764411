import NIOCore
import NIOPosix

@testable import MartletGateway

/// Clients that take their time.
extension Running {
    /// Reads the beginning of the answer, and the rest of it only after `meanwhile`. Throws if the connection is reset.
    func slowly(
        _ bytes: [UInt8], closing: Bool, meanwhile: @escaping @Sendable () async throws -> Void
    ) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            // The system should keep little of the answer. The second is TCP_MAXSEG: small segments make small buffers.
            .channelOption(.socketOption(.so_rcvbuf), value: 16 << 10)
            .channelOption(.tcpOption(NIOBSDSocket.Option(rawValue: 2)), value: 1_000)
            .connect(host: "127.0.0.1", port: ports.http) { Self.wrap($0) }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            if closing { outbound.finish() }
            var received: [UInt8] = []
            var isFirst = true
            for try await chunk in inbound {
                received.append(contentsOf: chunk.readableBytesView)
                if isFirst { try await meanwhile() }
                isFirst = false
            }
            return received
        }
    }

    /// Sends all of it, whatever is answered meanwhile. Throws if the connection is reset.
    func stubbornly(_ bytes: ByteBuffer) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: ports.http) { Self.wrap($0) }
        return try await channel.executeThenClose { inbound, _ in
            async let sent: Void = channel.channel.writeAndFlush(bytes)
            var received: [UInt8] = []
            for try await chunk in inbound { received.append(contentsOf: chunk.readableBytesView) }
            try await sent
            return received
        }
    }

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> {
        channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }
}
