import MartletCore
import Testing

@testable import MartletGateway

@Suite("What is not as it must be")
struct HTTPBadInputTests {
    @Test("A body that is no message of ours is refused without a trap")
    func malformed() async throws {
        try await Running.gateway { running in
            let deep = String(repeating: "[", count: 100_000)
            let bodies: [(String, String)] = [
                ("", "malformed-body"), ("{", "malformed-body"), (#"{"kind":"k"}x"#, "malformed-body"),
                (#"{"kind":"k","colour":"red"}"#, "malformed-body"),
                (#"{"kind":"k","kind":"l"}"#, "malformed-body"),
                (#"{"kind":"k","payload_text":"a","payloadText":"b"}"#, "malformed-body"),
                (#"{"kind":"k","\u006bind":"l"}"#, "malformed-body"),
                (deep, "malformed-body"), (#"{"kind":"# + deep, "malformed-body"),
                (#"{"kind":"k","priority":1e400}"#, "malformed-body"),
                (#"{"kind":"k","delay":"NaN"}"#, "malformed-body"),
                (#"{"kind":"k","delay":NaN}"#, "malformed-body"),
                (#"{"kind":"k","delay":"99999999999999999999s"}"#, "malformed-body"),
                (#"{"kind":"k","runAt":"yesterday"}"#, "malformed-body"),
                (#"{"kind":"k","payload":"a?"}"#, "malformed-body"),
                (#"{"kind":"k","delay":"-1s"}"#, "invalid-field"),
                (#"{"kind":"k","delay":"315576000000s"}"#, "invalid-field"),
                (#"{"kind":"k","delay":"1s","runAt":"2026-11-20T18:00:00Z"}"#, "invalid-field"),
                (#"{"kind":"k","payload":"YQ==","payloadText":"a"}"#, "invalid-field"),
                (#"{"kind":"k","priority":300}"#, "invalid-field"), (#"{"kind":""}"#, "invalid-field"),
                (#"{"kind":"k","traceparent":"00-1"}"#, "invalid-field"),
                (#"{"kind":"\#(String(repeating: "n", count: 201))"}"#, "invalid-field"),
            ]
            for (body, reason) in bodies {
                let answer = try await running.send("POST", "/v1/jobs", body)
                #expect(answer.status == 400, "\(body.prefix(60))")
                #expect(answer.member("reason") == reason, "\(body.prefix(60))")
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
            let notUTF8 = Array(#"{"kind":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
            #expect(try await running.send("POST", "/v1/jobs", bytes: notUTF8).status == 400)
            let mixed = #"{"jobs":[{"kind":"k"},{"kind":""}]}"#
            #expect(try await running.send("POST", "/v1/jobs:batch", mixed).status == 400)
            try await expectNothingKept(running)
        }
    }

    @Test("A client's id must be a UUID, numbered or not")
    func clientID() async throws {
        try await Running.gateway { running in
            for (body, status) in [
                (#"{"clientId":"x"}"#, 400), (#"{"sequence":1}"#, 400),
                (#"{"clientId":"","jobs":[{"kind":"k"}]}"#, 200),
                (
                    #"{"clientId":"00000000-0000-0000-0000-000000000001","sequence":"1","jobs":[{"kind":"k"}]}"#, 200
                ),
            ] {
                let answer = try await running.send("POST", "/v1/jobs:batch", body)
                #expect(answer.status == status, "\(body)")
            }
        }
    }

    @Test("A million names in one object are refused at the sixty-fifth")
    func wide() throws {
        let names = (0..<1_000_000).map { "\"n\($0)\":1" }.joined(separator: ",")
        #expect(throws: Problem.self) { try JSONShape.check(Array("{\(names)}".utf8)) }
        let list = "[" + (0..<10_000).map { _ in #"{"kind":"k"}"# }.joined(separator: ",") + "]"
        try JSONShape.check(Array(list.utf8))
    }

    @Test("Names are told apart by object, and text that looks like JSON is not")
    func shape() throws {
        let jobs = Array(repeating: "{}", count: JSONShape.maxElements).joined(separator: ",")
        try JSONShape.check(Array(#"{"jobs":[\#(jobs)]}"#.utf8))
        #expect(throws: Problem.self) { try JSONShape.check(Array(#"{"jobs":[\#(jobs),{}]}"#.utf8)) }
        try JSONShape.check(Array(#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"{\"a\":1,\"a\":2}"}"#.utf8))
        #expect(throws: Problem.self) { try JSONShape.check(Array(#"{"b":[{"a":1,"a":2}]}"#.utf8)) }
        #expect(throws: Problem.self) { try JSONShape.check(Array(#"{"b":["x","y"],"b":1}"#.utf8)) }
        for text in ["\"", "\"\\", "}", "]]", "{\"", "{,\"a\":1,\"a\"", ""] {
            // Not JSON: no trap, and the parser's to refuse.
            _ = try? JSONShape.check(Array(text.utf8))
        }
    }

    @Test("Payloads and batches over their limits are too large")
    func tooLarge() async throws {
        var limits = Limits()
        limits.payloadBytes = 100
        limits.bytesPerSubmission = 150
        try await Running.gateway({ $0.http.maxBodyBytes = 4096 }, limits: limits) { running in
            let payload = String(repeating: "x", count: 101)
            let one = try await running.send("POST", "/v1/jobs", #"{"kind":"k","payloadText":"\#(payload)"}"#)
            #expect(one.status == 413 && one.member("reason") == "payload-too-large")
            #expect(one.member("field") == "payload")
            let half = String(repeating: "x", count: 80)
            let job = #"{"kind":"k","payloadText":"\#(half)"}"#
            let batch = try await running.send("POST", "/v1/jobs:batch", #"{"jobs":[\#(job),\#(job)]}"#)
            #expect(batch.status == 413 && batch.member("reason") == "submission-too-large")
            let body = try await running.send("POST", "/v1/jobs", String(repeating: " ", count: 5000))
            #expect(body.status == 413 && body.member("reason") == "body-too-large")
            let chunked =
                "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n1400\r\n" + String(repeating: " ", count: 5120)
            let answer = try #require(RawResponse(try await running.raw(Array(chunked.utf8))))
            #expect(answer.status == 413)
            try await expectNothingKept(running)
        }
    }

    /// Neither a job nor the queue that it would have been in.
    private func expectNothingKept(_ running: Running) async throws {
        for path in ["/v1/jobs", "/v1/queues"] {
            let list = try await running.send("GET", path)
            #expect(list.status == 200 && list.body == "{}", "\(list.body)")
        }
    }

    @Test("A body must be JSON by its own word")
    func mediaType() async throws {
        try await Running.gateway { running in
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "a"] {
                let answer = try await running.send("POST", "/v1/jobs", "{}", headers: ["Content-Type": type])
                #expect(answer.status == 415 && answer.member("reason") == "unsupported-media-type", "\(type)")
            }
            let coded = try await running.send("POST", "/v1/jobs", "{}", headers: ["Content-Encoding": "gzip"])
            #expect(coded.status == 415)
            let utf8 = try await running.send(
                "POST", "/v1/jobs", #"{"kind":"k"}"#, headers: ["Content-Type": "Application/JSON; charset=UTF-8"])
            #expect(utf8.status == 201)
        }
    }

    @Test("Paths and methods that are not there are problems too")
    func unknown() async throws {
        try await Running.gateway { running in
            let paths = [
                "/", "/v1", "/v1/jobs/", "/v2/jobs", "/v1/jobs/a/b", "/v1/jobs/x:explode", "/v1/queues/a", "/v1//jobs",
                "/v1/jobs/a/events/b/c/d",
            ]
            for path in paths {
                let answer = try await running.send("GET", path)
                #expect(answer.status == 404 && answer.member("reason") == "unknown-path", "\(path)")
            }
            let method = try await running.send("DELETE", "/v1/jobs")
            #expect(method.status == 405 && method.headers["allow"] == "GET, HEAD, POST")
            #expect(method.member("reason") == "method-not-allowed")
            #expect(try await running.send("GET", "/v1/jobs/a%zz").status == 400)
            #expect(try await running.send("GET", "/v1/jobs/not-an-id").member("field") == "id")
            let missing = JobID(high: 0x0198_0000_0000_7000, low: 1 << 63)
            let answer = try await running.send("GET", "/v1/jobs/\(missing)")
            #expect(answer.status == 404 && answer.member("reason") == "unknown-job")
        }
    }

    @Test("The request's own id is kept when it is harmless")
    func requestID() async throws {
        try await Running.gateway { running in
            let kept = try await running.send("GET", "/livez", headers: ["X-Request-Id": "abc-1.2"])
            #expect(kept.headers["x-request-id"] == "abc-1.2")
            for bad in ["a b", String(repeating: "x", count: 129), "<script>"] {
                let made = try await running.send("GET", "/nowhere", headers: ["X-Request-Id": bad])
                let id = try #require(made.headers["x-request-id"])
                #expect(id.utf8.count == 36 && made.member("request_id") == id)
            }
        }
    }

    @Test("The headers for idempotency and tracing set what the body leaves out")
    func headers() async throws {
        try await Running.gateway { running in
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            let headers = ["Idempotency-Key": "order-1", "traceparent": trace]
            let first = try await running.send("POST", "/v1/jobs", #"{"kind":"k"}"#, headers: headers)
            #expect(first.member("idempotencyKey") == "order-1" && first.member("traceparent") == trace)
            let second = try await running.send("POST", "/v1/jobs", #"{"kind":"k"}"#, headers: headers)
            #expect(second.member("id") == first.member("id"))
            let other = try await running.send("POST", "/v1/jobs", #"{"kind":"other"}"#, headers: headers)
            #expect(other.status == 409 && other.member("reason") == "idempotency-conflict")
            let both = try await running.send(
                "POST", "/v1/jobs", #"{"kind":"k","idempotencyKey":"order-2"}"#, headers: headers)
            #expect(both.status == 400 && both.member("field") == "idempotency_key")
            let malformed = try await running.send(
                "POST", "/v1/jobs", #"{"kind":"k"}"#, headers: ["traceparent": "00-zz"])
            #expect(malformed.status == 201 && malformed.member("traceparent") == nil)
        }
    }
}
