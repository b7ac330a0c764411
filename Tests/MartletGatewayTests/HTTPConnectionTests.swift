import MartletCore
import MartletNode
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import MartletGateway

@Suite("What one connection may cost")
struct HTTPConnectionTests {
    @Test("A head that does not end is answered 408 and cut")
    func slowHead() async throws {
        try await Running.gateway({ $0.http.headTimeout = .seconds(5) }) { running in
            let received = try await running.raw(Array("GET /livez HTTP/1.1\r\nHost: t\r\nX-Slow".utf8))
            let answer = try #require(RawResponse(received))
            #expect(answer.status == 408 && answer.member("reason") == "timeout")
            #expect(answer.headers["x-request-id"] == answer.member("request_id"))
        }
    }

    @Test("A body that does not end is answered 408 and cut")
    func slowBody() async throws {
        try await Running.gateway({ $0.http.bodyTimeout = .milliseconds(100) }) { running in
            let head =
                "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            let answer = try #require(RawResponse(try await running.raw(Array(head.utf8))))
            #expect(answer.status == 408)
        }
    }

    @Test("A connection that says nothing is closed")
    func silent() async throws {
        try await Running.gateway({ $0.http.headTimeout = .milliseconds(100) }) { running in
            // It returns once the server has closed.
            let received = try await running.raw([])
            #expect(received.isEmpty)
        }
    }

    @Test("An idle connection is closed")
    func idle() async throws {
        try await Running.gateway({ $0.http.idleTimeout = .seconds(2) }) { running in
            let received = try await running.raw(Array("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n".utf8))
            #expect(RawResponse(received)?.status == 200)
        }
    }

    @Test("Too many or too large headers are answered 431 and cut")
    func largeHead() async throws {
        try await Running.gateway { running in
            let large = "GET /livez HTTP/1.1\r\nHost: t\r\nX: \(String(repeating: "x", count: 64 << 10))\r\n\r\n"
            let many = "GET /livez HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 200) + "\r\n"
            for head in [large, many] {
                let answer = try #require(RawResponse(try await running.raw(Array(head.utf8))))
                #expect(answer.status == 431 && answer.member("reason") == "headers-too-large")
            }
        }
    }

    @Test("What is not HTTP is answered 400 and cut")
    func notHTTP() async throws {
        try await Running.gateway { running in
            for text in ["\u{16}\u{3}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nA b: c\r\n\r\n"] {
                let answer = try #require(RawResponse(try await running.raw(Array(text.utf8))), "\(text)")
                #expect(answer.status == 400 && answer.member("reason") == "malformed-request")
            }
        }
    }

    @Test("Several requests on one connection are answered in order")
    func pipelined() async throws {
        try await Running.gateway { running in
            let text =
                "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"
                + "GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
                + "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"
            let received = String(decoding: try await running.raw(Array(text.utf8)), as: UTF8.self)
            #expect(received.ranges(of: "HTTP/1.1 200").count == 2)
            let live = try #require(received.range(ofText: "live"))
            let metrics = try #require(received.range(ofText: "# HELP"))
            #expect(live.lowerBound < metrics.lowerBound)
        }
    }

    @Test("Requests beyond those that may wait are refused after the answers to the others")
    func manyPipelined() async throws {
        try await Running.gateway({ $0.http.maxPipelined = 4 }) { running in
            let text = String(repeating: "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n", count: 3_000)
            let received = String(decoding: try await running.raw(Array(text.utf8)), as: UTF8.self)
            #expect(received.ranges(of: "HTTP/1.1 200").count == 4)
            #expect(received.ranges(of: "HTTP/1.1 429").count == 1)
            #expect(received.contains("\"reason\":\"exhausted\""))
        }
    }

    @Test("A request that ends what the peer sends is answered, however long it is")
    func halfClosed() async throws {
        try await Running.gateway { running in
            let text = "GET /livez HTTP/1.1\r\nHost: t\r\nX-Long: \(String(repeating: "x", count: 10_000))\r\n\r\n"
            let answer = RawResponse(try await running.raw(Array(text.utf8), closing: true))
            #expect(answer?.status == 200)
        }
    }

    @Test(
        "A request that ends before its body does is not acted on",
        arguments: ["Content-Length: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"])
    func cutShort(rest: String) async throws {
        try await Running.gateway { running in
            let id = try await running.submitted(#"{"kind":"k","queue":"q"}"#)
            // What has an empty body is a whole request to cancel.
            let text = "POST /v1/jobs/\(id):cancel HTTP/1.1\r\nHost: t\r\n" + rest
            _ = try await running.raw(Array(text.utf8), closing: true)
            #expect(try await running.send("GET", "/v1/jobs/\(id)").member("state") == "QUEUED")
        }
    }

    @Test("A body in chunks of one byte is refused")
    func tinyChunks() async throws {
        try await Running.gateway { running in
            let head =
                "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
            let text = head + String(repeating: "1\r\n \r\n", count: 5_000)
            let answer = try #require(RawResponse(try await running.raw(Array(text.utf8))))
            #expect(answer.status == 400 && answer.member("reason") == "malformed-body")
        }
    }

    @Test("Bodies that have not arrived whole make way for newer ones", .timeLimit(.minutes(1)))
    func heldBodies() async throws {
        try await Running.gateway({
            $0.partBytes = 1 << 20
            $0.http.bodyTimeout = .seconds(60)
        }) { running in
            let head =
                "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n"
            let part = Array(head.utf8) + Array(repeating: UInt8(ascii: " "), count: 700_000)
            // One fits; it would be answered once its time is over.
            let answers = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<3 { group.addTask { RawResponse(try await running.raw(part))?.status } }
                let answers = [try await group.next(), try await group.next()]
                group.cancelAll()
                return answers
            }
            #expect(answers == [429, 429])
        }
    }

    @Test("One connection more than the limit is closed at once")
    func connectionLimit() async throws {
        try await Running.gateway({ $0.maxConnections = 1 }) { running in
            let first = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: running.ports.http) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await first.executeThenClose { inbound, outbound in
                // Answered, so it is counted.
                try await outbound.write(ByteBuffer(string: "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"))
                for try await _ in inbound { break }
                let second = try await running.raw(Array("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n".utf8))
                #expect(second.isEmpty)
                // Both ports count.
                let third = try await running.raw(Raw.hello, port: running.ports.grpc)
                #expect(third.isEmpty)
            }
            first.channel.close(promise: nil)
        }
    }

    @Test("A graceful end answers who waits, and does not wait for the minute")
    func gracefulEnd() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted()
            async let waiting = running.send("GET", "/v1/jobs/\(id)?wait=60s")
            // A second call, answered after the first was sent.
            _ = try await running.send("GET", "/livez")
            await running.services.triggerGracefulShutdown()
            let answer = try? await waiting
            #expect(answer == nil || answer?.status == 200 || answer?.status == 503)
        }
    }
}
