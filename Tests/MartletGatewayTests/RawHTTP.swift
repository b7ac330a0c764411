import NIOCore
import NIOPosix

@testable import MartletGateway

/// A response, as it came over the wire.
struct RawResponse: Sendable {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""

    /// Nil: what came is no response.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(ofText: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let number = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        status = number
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first, let value = parts.dropFirst().first else { continue }
            headers[name.lowercased()] = String(value.drop { $0 == " " })
        }
        body = String(text[end.upperBound...])
    }

    /// The text of a member of a flat JSON object.
    func member(_ name: String) -> String? {
        guard let start = body.range(ofText: "\"\(name)\":\"") else { return nil }
        return String(body[start.upperBound...].prefix { $0 != "\"" })
    }
}

extension String {
    func range(ofText text: String) -> Range<String.Index>? { firstRange(of: text) }
}

extension Running {
    /// Sends the bytes over a new connection and returns all that comes until the server closes it.
    func raw(_ bytes: [UInt8], closing: Bool = false, port: Int? = nil) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port ?? ports.http) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            // A server that refuses early stops reading: what matters is its answer.
            try? await outbound.write(ByteBuffer(bytes: bytes))
            if closing { outbound.finish() }
            var received: [UInt8] = []
            do {
                for try await chunk in inbound { received.append(contentsOf: chunk.readableBytesView) }
            } catch is IOError {}
            return received
        }
    }

    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) async throws -> RawResponse {
        try await send(method, path, bytes: body.map { Array($0.utf8) }, headers: headers)
    }

    /// One request on a connection of its own.
    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, headers: [String: String] = [:]
    ) async throws -> RawResponse {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: test", "Connection: close"]
        if let bytes { lines.append("Content-Length: \(bytes.count)") }
        if bytes != nil, headers["Content-Type"] == nil { lines.append("Content-Type: application/json") }
        lines += headers.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)" }
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let received = try await raw(Array(head.utf8) + (bytes ?? []))
        guard let response = RawResponse(received) else { throw NoResponse() }
        return response
    }

    struct NoResponse: Error {}

    /// Submits one job and names it.
    func submitted(_ spec: String = #"{"kind":"k"}"#) async throws -> String {
        let response = try await send("POST", "/v1/jobs", spec)
        guard response.status == 201, let id = response.member("id") else { throw NoResponse() }
        return id
    }
}
