internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

/// The paths of the HTTP interface: each maps its request to a message, makes the call, and maps the answer back.
struct Routes: Sendable {
    let jobs: JobCalls
    let work: WorkCalls
    let configuration: GatewayConfiguration
    let startedAt: Timestamp

    private static let listParameters: Set<String> = [
        "queue", "kind", "state", "submitted_after", "submitted_before", "page_size", "page_token",
    ]

    /// Throws a `Problem` for what is refused. `departures` end a call that waits.
    func answer(
        to request: Request, named requestID: String, departures: [@Sendable () async -> Void]
    ) async throws -> Answer {
        let parts = (request.head.path ?? "").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let target = try Target(path: parts.first ?? "") else {
            throw Problem(.unknownPath, "see /openapi.yaml for what there is")
        }
        guard target.methods.contains(request.method) else {
            let allowed = target.methods.map(\.rawValue).joined(separator: ", ")
            var answer = Answer(Problem(.methodNotAllowed, "the path takes \(allowed)"), requestID: requestID)
            answer.fields[.allow] = allowed
            return answer
        }
        let call = Call(
            request: request, query: parts.dropFirst().first,
            body: Body(request: request, maxBytes: configuration.http.maxBodyBytes), departures: departures)
        return try await answer(to: call, at: target)
    }

    /// A request whose path and method fit.
    private struct Call {
        let request: Request
        let query: Substring?
        let body: Body
        let departures: [@Sendable () async -> Void]

        func parameters(_ names: Set<String> = []) throws(Problem) -> Query { try Query(query, allowing: names) }
    }

    private func answer(to call: Call, at target: Target) async throws -> Answer {
        switch target {
        case .live:
            return Answer(type: "application/json", body: Array("{\"status\":\"live\"}".utf8))
        case .ready:
            return try await ready()
        case .metrics:
            let text = try await MetricsPage(jobs: jobs, configuration: configuration, startedAt: startedAt).text()
            return Answer(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
        case .openAPI:
            return Answer(type: "application/yaml", body: Array(OpenAPI.document.utf8))
        case .jobs where call.request.method == .post:
            return try await submit(call)
        case .jobs:
            return try await jobs.jobs(try listRequest(from: call)) { try Answer(json: $0) }
        case .jobsBatch:
            _ = try call.parameters()
            return try Answer(json: await jobs.submit(try await call.body.message(Martlet_V1_SubmitRequest.self)))
        case .job(let id):
            return try await job(id, call)
        case .jobEvents(let id):
            _ = try call.parameters()
            return try Answer(json: await jobs.events(.with { $0.id = id }))
        case .queues:
            _ = try call.parameters()
            return try Answer(json: await jobs.queues())
        case .workers:
            _ = try call.parameters()
            return try Answer(json: await work.workers())
        case .attemptsLease:
            _ = try call.parameters()
            let request = try await call.body.message(Martlet_V1_LeaseRequest.self)
            // Without a wait as well: the log may be slow, and what is handed out then is for nobody.
            return try await abandoning(when: call.departures) { try Answer(json: await work.lease(request)) }
        case .verb(let verb, let id):
            _ = try call.parameters()
            return try await answer(to: call, verb, id)
        }
    }

    private func ready() async throws -> Answer {
        let health = await jobs.node.health()
        guard health.isReady else { throw Problem(.unavailable, health.reason, retryAfter: .seconds(1)) }
        return Answer(type: "application/json", body: Array("{\"status\":\"ready\"}".utf8))
    }

    private func submit(_ call: Call) async throws -> Answer {
        _ = try call.parameters()
        var spec = try await call.body.message(Martlet_V1_JobSpec.self)
        if let key = call.request.headers[.idempotencyKey] {
            guard spec.idempotencyKey.isEmpty || spec.idempotencyKey == key else {
                throw Problem.invalid("idempotency_key", "differs from the header Idempotency-Key")
            }
            guard !key.isEmpty else { throw Problem.invalid("Idempotency-Key", "must not be empty") }
            spec.idempotencyKey = key
        }
        // One that is malformed starts a new trace, as W3C has it.
        if spec.traceparent.isEmpty, let trace = call.request.headers[.traceparent], Traceparent.isWellFormed(trace) {
            spec.traceparent = trace
        }
        let job = try await jobs.submit(alone: spec)
        var answer = try Answer(json: job, .created)
        answer.fields[.location] = "/v1/jobs/\(job.id)"
        return answer
    }

    private func job(_ id: String, _ call: Call) async throws -> Answer {
        var request = Martlet_V1_GetJobRequest()
        request.id = id
        guard let wait = try call.parameters(["wait"]).duration("wait") else {
            return try Answer(json: await jobs.job(request))
        }
        request.wait = wait
        let waiting = request
        return try await abandoning(when: call.departures) { try Answer(json: await jobs.job(waiting)) }
    }

    private func listRequest(from call: Call) throws -> Martlet_V1_ListJobsRequest {
        let query = try call.parameters(Self.listParameters)
        var request = Martlet_V1_ListJobsRequest()
        request.queue = query["queue"] ?? ""
        request.kind = query["kind"] ?? ""
        if let state = try query.state("state") { request.state = state }
        if let time = try query.timestamp("submitted_after") { request.submittedAfter = time }
        if let time = try query.timestamp("submitted_before") { request.submittedBefore = time }
        if let size = try query.number("page_size") {
            guard size > 0 else { throw Problem.invalid("page_size", "from 1 to \(JobCalls.largestPage)") }
            request.pageSize = size
        }
        request.pageToken = query["page_token"] ?? ""
        return request
    }

    private func answer(to call: Call, _ verb: Target.JobVerb, _ id: String) async throws -> Answer {
        let body = call.body
        switch verb {
        case .cancel:
            let request = try await body.messageIfAny(Martlet_V1_CancelJobRequest.self)
            return try Answer(json: await jobs.cancel(try request.about(id, \.id, "id")))
        case .redrive:
            let request = try await body.messageIfAny(Martlet_V1_RedriveJobRequest.self)
            return try Answer(json: await jobs.redrive(try request.about(id, \.id, "id")))
        case .extend:
            let request = try await body.message(Martlet_V1_ExtendRequest.self)
            return try Answer(json: await work.extend(try request.about(id, \.jobID, "job_id")))
        case .complete:
            let request = try await body.message(Martlet_V1_CompleteRequest.self)
            return try Answer(json: await work.complete(try request.about(id, \.jobID, "job_id")))
        case .fail:
            let request = try await body.message(Martlet_V1_FailRequest.self)
            return try Answer(json: await work.fail(try request.about(id, \.jobID, "job_id")))
        case .release:
            let request = try await body.message(Martlet_V1_ReleaseRequest.self)
            return try Answer(json: await work.release(try request.about(id, \.jobID, "job_id")))
        }
    }
}

extension Message {
    /// The request with the path's job; the body may leave it out, but not name another.
    fileprivate func about(
        _ id: String, _ field: WritableKeyPath<Self, String>, _ name: String
    ) throws(Problem) -> Self {
        let named = self[keyPath: field]
        guard named.isEmpty || named.lowercased() == id.lowercased() else {
            throw .invalid(name, "differs from the path")
        }
        var request = self
        request[keyPath: field] = id
        return request
    }
}
