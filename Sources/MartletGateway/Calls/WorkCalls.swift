internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

/// The calls of the Work service without a session, message in and message out, the same for gRPC and HTTP.
struct WorkCalls: Sendable {
    let node: Node

    static let leaseRange = Duration.seconds(1)...Duration.seconds(12 * 3600)
    static let largestLease = 1000

    /// May wait: whoever calls it cancels the task when nobody is there for the answer.
    func lease(_ request: Martlet_V1_LeaseRequest) async throws(Problem) -> Martlet_V1_LeaseResponse {
        guard request.limit <= Self.largestLease else { throw .invalid("limit", "from 1 to \(Self.largestLease)") }
        let limit = request.limit == 0 ? 1 : Int(request.limit)
        let wait = request.hasWait ? try Duration(wire: request.wait, field: "wait") : .zero
        guard wait <= JobCalls.longestWait else { throw .invalid("wait", "at most 60 s") }
        let lease = request.hasLease ? try duration(ofLease: request.lease) : .seconds(30)
        let deliveries = try await asking { () async throws(NodeError) in
            try await node.lease(queues: request.queues, limit: limit, lease: lease, wait: wait)
        }
        var response = Martlet_V1_LeaseResponse()
        response.attempts = deliveries.map { Martlet_V1_Attempt($0) }
        return response
    }

    func extend(_ request: Martlet_V1_ExtendRequest) async throws(Problem) -> Martlet_V1_ExtendResponse {
        let attempt = try AttemptID(job: request.jobID, token: request.token)
        guard request.hasLease else { throw .invalid("lease", "is required") }
        let lease = try duration(ofLease: request.lease)
        let until = try await asking { () async throws(NodeError) in try await node.extend(attempt, by: lease) }
        var response = Martlet_V1_ExtendResponse()
        response.leasedUntil = Google_Protobuf_Timestamp(wire: until)
        return response
    }

    private func duration(ofLease wire: Google_Protobuf_Duration) throws(Problem) -> Duration {
        let lease = try Duration(wire: wire, field: "lease")
        guard Self.leaseRange.contains(lease) else { throw .invalid("lease", "from 1 s to 12 h") }
        return lease
    }

    func complete(_ request: Martlet_V1_CompleteRequest) async throws(Problem) -> Martlet_V1_CompleteResponse {
        let attempt = try AttemptID(job: request.jobID, token: request.token)
        guard request.result.isEmpty || request.resultText.isEmpty else {
            throw .invalid("result_text", "at most one of result and result_text may be set")
        }
        let result = request.result.isEmpty ? Array(request.resultText.utf8) : Array(request.result)
        try await asking { () async throws(NodeError) in try await node.complete(attempt, result: result) }
        return Martlet_V1_CompleteResponse()
    }

    func fail(_ request: Martlet_V1_FailRequest) async throws(Problem) -> Martlet_V1_FailResponse {
        let attempt = try AttemptID(job: request.jobID, token: request.token)
        let retryAfter = request.hasRetryAfter ? try Duration(wire: request.retryAfter, field: "retry_after") : nil
        let failure = Failure(wire: request.failure)
        let (state, due) = try await asking { () async throws(NodeError) in
            try await node.fail(attempt, failure, isFinal: request.isFinal, retryAfter: retryAfter)
        }
        var response = Martlet_V1_FailResponse()
        response.state = Martlet_V1_JobState(state)
        if let due { response.dueAt = Google_Protobuf_Timestamp(wire: due) }
        return response
    }

    func release(_ request: Martlet_V1_ReleaseRequest) async throws(Problem) -> Martlet_V1_ReleaseResponse {
        let attempt = try AttemptID(job: request.jobID, token: request.token)
        try await asking { () async throws(NodeError) in try await node.release(attempt) }
        return Martlet_V1_ReleaseResponse()
    }

    func workers() async -> Martlet_V1_ListWorkersResponse {
        var response = Martlet_V1_ListWorkersResponse()
        response.workers = await node.workers().map { Martlet_V1_Worker($0) }
        return response
    }
}
