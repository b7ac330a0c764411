import NIOCore
import ServiceLifecycle
import Testing

@testable import MartletGateway

// One after the other: they move much, and all tests share their clients' loops.
@Suite("How an HTTP connection ends", .serialized)
struct HTTPEndingTests {
    @Test(
        "A request for another protocol is answered as the last of its connection", .timeLimit(.minutes(1)),
        arguments: [
            "GET /livez HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
            "CONNECT t:1 HTTP/1.1\r\nHost: t\r\n\r\n",
        ])
    func anotherProtocol(head: String) async throws {
        try await Running.gateway { running in
            // It returns once the server has closed.
            let received = try await running.raw(Array((head + "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n").utf8))
            let answer = try #require(RawResponse(received))
            #expect(answer.headers["connection"] == "close")
            #expect((answer.status == 200) == head.hasPrefix("GET"))
            #expect(String(decoding: received, as: UTF8.self).ranges(of: "HTTP/1.1 ").count == 1)
        }
    }

    /// 429 while the body arrives, 413 before any of it is read.
    @Test(
        "Who is refused during a body may send it all, and gets the answer whole and no reset",
        .timeLimit(.minutes(1)), arguments: [429, 413])
    func refusedBody(status: Int) async throws {
        try await Running.gateway({
            $0.partBytes = 1 << 20
            $0.http.maxBodyBytes = status == 429 ? 64 << 20 : 1_000
            $0.http.lingering = .seconds(30)
        }) { running in
            var request = ByteBuffer(
                string: "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(32 << 20)\r\n\r\n")
            request.writeRepeatingByte(UInt8(ascii: " "), count: 16 << 20)
            let answer = try #require(RawResponse(try await running.stubbornly(request)))
            #expect(answer.status == status)
            #expect(answer.headers["content-length"] == String(answer.body.utf8.count))
        }
    }

    enum Ending: CaseIterable { case asked, halfClosed, serverGoesDown }

    @Test(
        "A large answer is sent whole, however slowly it is read", .timeLimit(.minutes(1)),
        arguments: Ending.allCases)
    func largeAnswer(ending: Ending) async throws {
        try await Running.gateway({
            $0.http.lingering = .milliseconds(100)
            $0.http.headTimeout = .seconds(5)
            $0.shutdownTimeout = .seconds(30)
        }) { running in
            let payload = String(repeating: "x", count: 1_000_000)
            let id = try await running.submitted(#"{"kind":"k","payloadText":"\#(payload)"}"#)
            let last = ending == .asked ? "Connection: close\r\n" : ""
            let text = "GET /v1/jobs/\(id) HTTP/1.1\r\nHost: t\r\n\(last)\r\n"
            let received = try await running.slowly(Array(text.utf8), closing: ending == .halfClosed) {
                guard ending == .serverGoesDown else {
                    // It returns after `headTimeout`, which is longer than `lingering`.
                    _ = try await running.raw([])
                    return
                }
                await running.services.triggerGracefulShutdown()
                // Until nobody listens any more.
                while (try? await running.raw([])) != nil {}
            }
            let answer = try #require(RawResponse(received))
            #expect(answer.status == 200 && answer.body.utf8.count > payload.utf8.count)
            #expect(answer.headers["content-length"] == String(answer.body.utf8.count))
        }
    }

    @Test("A body's time begins when the requests before it are answered", .timeLimit(.minutes(1)))
    func pipelinedBody() async throws {
        try await Running.gateway({ $0.http.bodyTimeout = .seconds(1) }) { running in
            let id = try await running.submitted()
            // More than is read before the first is answered.
            let body = "{\(String(repeating: " ", count: 1 << 20))\"kind\":\"k\"}"
            let text =
                "GET /v1/jobs/\(id)?wait=2s HTTP/1.1\r\nHost: t\r\n\r\n"
                + "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let received = String(decoding: try await running.raw(Array(text.utf8)), as: UTF8.self)
            #expect(received.ranges(of: "HTTP/1.1 200").count == 1)
            #expect(received.ranges(of: "HTTP/1.1 201").count == 1)
        }
    }
}
