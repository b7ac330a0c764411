import MartletCore
import MartletView
import Testing

@testable import MartletGateway
@testable import MartletNode

@Suite("Each route of the HTTP interface")
struct HTTPRoutesTests {
    @Test("A submitted job is created at its location, and can be read there")
    func submitAndGet() async throws {
        try await Running.gateway { running in
            let created = try await running.send(
                "POST", "/v1/jobs", #"{"kind":"send-email","payloadText":"hi","queue":"mail","priority":0}"#)
            #expect(created.status == 201)
            #expect(created.headers["content-type"] == "application/json")
            #expect(created.headers["x-content-type-options"] == "nosniff")
            let id = try #require(created.member("id"))
            #expect(created.headers["location"] == "/v1/jobs/\(id)")
            let read = try await running.send("GET", "/v1/jobs/\(id)")
            #expect(read.status == 200)
            #expect(read.member("payload") == "aGk=")
            #expect(read.member("queue") == "mail")
            let head = try await running.send("HEAD", "/v1/jobs/\(id)")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test("A submission of a key whose job is kept no longer is answered with that job's id")
    func retiredJob() async throws {
        try await Running.gateway { running in
            let body = #"{"kind":"k","idempotencyKey":"order-7"}"#
            let id = try await running.submitted(body)
            _ = try await running.send("POST", "/v1/jobs/\(id):cancel")
            let late = Running.wall + .seconds(3600)
            let view = await running.node.leader.view
            #expect(try await view.retire(finishedBefore: late, keysExpiredBefore: Running.wall, limit: 9) == 1)

            let again = try await running.send("POST", "/v1/jobs", body)

            #expect(again.status == 201 && again.member("id") == id && again.member("state") == nil)
        }
    }

    @Test("A batch is answered in its order, and its refusal names the job at fault")
    func batch() async throws {
        try await Running.gateway { running in
            let accepted = try await running.send("POST", "/v1/jobs:batch", #"{"jobs":[{"kind":"a"},{"kind":"b"}]}"#)
            #expect(accepted.status == 200 && accepted.body.contains("jobIds"))
            let refused = try await running.send(
                "POST", "/v1/jobs:batch", #"{"jobs":[{"kind":"a"},{"kind":"b","queue":"no spaces"}]}"#)
            #expect(refused.status == 400)
            #expect(refused.member("reason") == "invalid-field")
            #expect(refused.member("field") == "jobs[1].queue")
        }
    }

    @Test("A job can be cancelled once, and its history be read")
    func cancelAndEvents() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted()
            let cancelled = try await running.send("POST", "/v1/jobs/\(id):cancel")
            #expect(cancelled.status == 200 && cancelled.member("state") == "CANCELLED")
            let again = try await running.send("POST", "/v1/jobs/\(id)%3Acancel", "{}")
            #expect(again.status == 409 && again.member("reason") == "wrong-state")
            let events = try await running.send("GET", "/v1/jobs/\(id)/events")
            #expect(events.status == 200 && events.member("event") == "submitted")
        }
    }

    @Test("An attempt is leased, extended, completed once, and refused the second time")
    func attempt() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted()
            let leased = try await running.send("POST", "/v1/attempts:lease", #"{"queues":["default"]}"#)
            #expect(leased.status == 200 && leased.member("jobId") == id)
            #expect(leased.member("lease") == "30s")
            let token = try #require(leased.member("token"))
            let extended = try await running.send(
                "POST", "/v1/jobs/\(id):extend", #"{"token":"\#(token)","lease":"60s"}"#)
            #expect(extended.status == 200 && extended.member("leasedUntil") != nil)
            let stale = try await running.send("POST", "/v1/jobs/\(id):complete", #"{"token":"99"}"#)
            #expect(stale.status == 409 && stale.member("reason") == "stale-attempt")
            let completed = try await running.send(
                "POST", "/v1/jobs/\(id):complete", #"{"jobId":"\#(id)","token":"\#(token)","resultText":"ok"}"#)
            #expect(completed.status == 200 && completed.body == "{}")
            let repeated = try await running.send("POST", "/v1/jobs/\(id):complete", #"{"token":"\#(token)"}"#)
            #expect(repeated.status == 409 && repeated.member("reason") == "already-settled")
            let read = try await running.send("GET", "/v1/jobs/\(id)?wait=1s")
            #expect(read.member("state") == "SUCCEEDED" && read.member("result") == "b2s=")
        }
    }

    @Test("A failed attempt says what it led to, a released one is queued again, a dead job is redriven")
    func failReleaseRedrive() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted()
            let first = try await running.send("POST", "/v1/attempts:lease", #"{"queues":["default"]}"#)
            let released = try await running.send(
                "POST", "/v1/jobs/\(id):release", #"{"token":"\#(first.member("token") ?? "")"}"#)
            #expect(released.status == 200)
            let second = try await running.send("POST", "/v1/attempts:lease", #"{"queues":["default"]}"#)
            let failed = try await running.send(
                "POST", "/v1/jobs/\(id):fail", #"{"token":"\#(second.member("token") ?? "")","isFinal":true}"#)
            #expect(failed.status == 200 && failed.member("state") == "DEAD")
            let read = try await running.send("GET", "/v1/jobs/\(id)")
            #expect(read.member("code") == "error")
            let redriven = try await running.send("POST", "/v1/jobs/\(id):redrive")
            #expect(redriven.status == 200 && redriven.member("state") == "QUEUED")
        }
    }

    @Test("A body may not name another job than its path")
    func otherJob() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted()
            let other = try await running.submitted()
            let answer = try await running.send("POST", "/v1/jobs/\(id):cancel", #"{"id":"\#(other)"}"#)
            #expect(answer.status == 400 && answer.member("field") == "id")
        }
    }

    @Test("A list is filtered and paged, and refuses what it does not know")
    func list() async throws {
        try await Running.gateway { running in
            for _ in 0..<3 { _ = try await running.submitted(#"{"kind":"k","queue":"q"}"#) }
            let page = try await running.send("GET", "/v1/jobs?queue=q&state=queued&page_size=2")
            let token = try #require(page.member("nextPageToken"))
            let rest = try await running.send("GET", "/v1/jobs?queue=q&state=QUEUED&page_size=2&page_token=\(token)")
            #expect(rest.status == 200 && rest.member("nextPageToken") == nil && rest.body.contains("\"kind\":\"k\""))
            let none = try await running.send(
                "GET", "/v1/jobs?kind=other&submitted_after=2020-01-01T00:00:00Z&submitted_before=2040-01-01T00:00:00Z")
            #expect(none.status == 200 && none.body == "{}")
            let refused = [
                "colour=red", "queue=a&queue=b", "state=sleeping", "state=", "page_size=0", "page_size=1001",
                "page_size=-1", "page_token=p!", "page_token=p00", "submitted_after=yesterday", "queue=%zz",
            ]
            for query in refused {
                let answer = try await running.send("GET", "/v1/jobs?\(query)")
                #expect(answer.status == 400, "\(query)")
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
        }
    }

    @Test("Queues, workers and the description are there")
    func others() async throws {
        try await Running.gateway { running in
            _ = try await running.submitted(#"{"kind":"k","queue":"q"}"#)
            let queues = try await running.send("GET", "/v1/queues")
            #expect(queues.member("name") == "q" && queues.member("queued") == "1")
            // Now is a day after the node's start, and it was submitted some time since then.
            let age = queues.member("oldestWaiting").flatMap { Double($0.dropLast()) }
            #expect(age.map { $0 > 80_000 && $0 <= 86_400 } == true)
            #expect(try await running.send("GET", "/v1/workers").body == "{}")
            let description = try await running.send("GET", "/openapi.yaml")
            #expect(description.headers["content-type"] == "application/yaml")
            #expect(description.body.hasPrefix("openapi: 3.1.0\n"))
        }
    }

    @Test("Every reason of a refusal is in the description")
    func reasonsAreDescribed() {
        for reason in Reason.allCases { #expect(OpenAPI.document.contains(reason.rawValue), "\(reason)") }
    }

    @Test("A node that cannot take work is alive but not ready")
    func health() async throws {
        try await Running.gateway { running in
            #expect(try await running.send("GET", "/readyz").status == 200)
            running.log.stop()
            _ = try await running.send("POST", "/v1/jobs", #"{"kind":"k"}"#)
            let ready = try await running.send("GET", "/readyz")
            #expect(ready.status == 503 && ready.headers["retry-after"] == "1")
            #expect(ready.member("detail")?.contains("a write failed") == true)
            #expect(try await running.send("GET", "/livez").status == 200)
        }
    }

    @Test("Metrics sum the queues beyond 200 under one name")
    func metrics() async throws {
        try await Running.gateway { running in
            let jobs = (0..<406).map { JobSpec(kind: "k", queue: "q\(1000 + $0 / 2)") }
            _ = try await running.node.submit(jobs, stamp: nil)
            let page = try await running.send("GET", "/metrics")
            #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(page.body.contains("martlet_queue_jobs{queue=\"q1199\",state=\"queued\"} 2\n"))
            #expect(!page.body.contains("q1200"))
            #expect(page.body.contains("martlet_queue_jobs{queue=\"_other\",state=\"queued\"} 6\n"))
            #expect(page.body.contains("martlet_jobs_submitted_total 406\n"))
            // The leadership's own entry and the submission's.
            #expect(page.body.contains("martlet_commit_latency_seconds_bucket{le=\"+Inf\"} 2\n"))
            #expect(page.body.contains("martlet_build_info{version=\"0.0.0\"} 1\n"))
            #expect(page.body.contains("process_resident_memory_bytes "))
        }
    }

    @Test("A histogram counts for each bound what is not above it")
    func histogram() {
        var latencies = LatencyHistogram()
        latencies.record(.microseconds(300))
        latencies.record(.seconds(60))
        var page = PrometheusText()
        page.histogram("latency", "How long.", latencies)
        #expect(page.text.contains("latency_bucket{le=\"0.00025\"} 0\n"))
        #expect(page.text.contains("latency_bucket{le=\"0.0005\"} 1\n"))
        #expect(page.text.contains("latency_bucket{le=\"+Inf\"} 2\n"))
    }

    @Test("A full disk says when to come back")
    func exhausted() async throws {
        try await Running.gateway { running in
            // The one that finds the disk full is written to the reserve.
            running.log.fill()
            _ = try await running.submitted()
            let answer = try await running.send("POST", "/v1/jobs", #"{"kind":"k"}"#)
            #expect(answer.status == 429 && answer.headers["retry-after"] == "5")
            #expect(answer.member("reason") == "exhausted")
        }
    }

    @Test("A log that fails makes the node unavailable, to whoever finds out and to all after")
    func unavailable() async throws {
        try await Running.gateway { running in
            running.log.stop()
            for _ in 0..<2 {
                let answer = try await running.send("POST", "/v1/jobs", #"{"kind":"k"}"#)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
                #expect(answer.member("reason") == "unavailable")
            }
        }
    }
}
