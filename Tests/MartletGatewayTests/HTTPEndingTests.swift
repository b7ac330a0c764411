import MartletCore
import MartletNode
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

    /// The last: by a body that does not come, though its request was answered.
    enum Ending: CaseIterable { case asked, halfClosed, serverGoesDown, bodyIsMissing }

    @Test(
        "A large answer is sent whole, however slowly it is read", .timeLimit(.minutes(1)),
        arguments: Ending.allCases)
    func largeAnswer(ending: Ending) async throws {
        try await Running.gateway({
            $0.http.lingering = .milliseconds(100)
            $0.http.headTimeout = .seconds(5)
            $0.http.bodyTimeout = .seconds(2)
            $0.shutdownTimeout = .seconds(30)
        }) { running in
            let payload = String(repeating: "x", count: 1_000_000)
            let id = try await running.submitted(#"{"kind":"k","payloadText":"\#(payload)"}"#)
            let more: [Ending: String] = [.asked: "Connection: close\r\n", .bodyIsMissing: "Content-Length: 5\r\n"]
            let text = "GET /v1/jobs/\(id) HTTP/1.1\r\nHost: t\r\n\(more[ending] ?? "")\r\n"
            let received = try await running.slowly(Array(text.utf8), closing: ending == .halfClosed) {
                guard ending == .serverGoesDown else {
                    // It returns after `headTimeout`, which is longer than `lingering` and `bodyTimeout`.
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

    enum Refused: Int, CaseIterable {
        case noChunk = 400
        case noRoom = 429

        /// How long the request before it waits for its answer: what must make way does not let it wait.
        var wait: String { self == .noChunk ? "2s" : "60s" }

        var body: String {
            self == .noChunk ? "Transfer-Encoding: chunked\r\n\r\nzz\r\n" : "Content-Length: 9\r\n\r\n{"
        }
    }

    @Test(
        "What is refused behind a request that waits is refused after its answer, without a reset",
        .timeLimit(.minutes(1)), arguments: Refused.allCases)
    func refusedInOrder(refusal: Refused) async throws {
        try await Running.gateway({ if refusal == .noRoom { $0.partBytes = 0 } }) { running in
            let id = try await running.node.submit([JobSpec(kind: "k")], stamp: nil)[0]
            let text =
                "GET /v1/jobs/\(id)?wait=\(refusal.wait) HTTP/1.1\r\nHost: t\r\n\r\n"
                + "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n\(refusal.body)"
            let received = String(decoding: try await running.stubbornly(ByteBuffer(string: text)), as: UTF8.self)
            let answers = received.ranges(of: "HTTP/1.1 ").map(\.lowerBound)
            try #require(answers.count == 2)
            let first = try #require(RawResponse(Array(received[..<answers[1]].utf8)))
            let second = try #require(RawResponse(Array(received[answers[1]...].utf8)))
            #expect(first.status == 200 && first.headers["content-length"] == String(first.body.utf8.count))
            #expect(second.status == refusal.rawValue && second.headers["connection"] == "close")
            #expect(second.headers["content-length"] == String(second.body.utf8.count))
        }
    }

    @Test(
        "Who asks for the end of the connection in a list, or in a line of its own, is answered as the last",
        .timeLimit(.minutes(1)),
        arguments: ["close, x", "keep-alive,\tClose", "x,close ,y", "x\r\nConnection: CLOSE"])
    func closeInList(words: String) async throws {
        try await Running.gateway({ $0.http.idleTimeout = .seconds(5) }) { running in
            let text = "GET /livez HTTP/1.1\r\nHost: t\r\nConnection: \(words)\r\n\r\n"
            let answer = try #require(RawResponse(try await running.raw(Array(text.utf8))))
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
        }
    }

    @Test(
        "Words that only look like it do not end the connection", .timeLimit(.minutes(1)),
        arguments: ["closed", "keep-alive, x-close"])
    func noCloseInList(words: String) async throws {
        try await Running.gateway { running in
            let text = [words, "close"].map { "GET /livez HTTP/1.1\r\nHost: t\r\nConnection: \($0)\r\n\r\n" }
            let received = String(decoding: try await running.raw(Array(text.joined().utf8)), as: UTF8.self)
            #expect(received.ranges(of: "HTTP/1.1 200").count == 2)
        }
    }
}
