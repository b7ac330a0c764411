internal import GRPCCore
internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

/// `martlet.v1.Jobs` over gRPC.
struct JobsService: Martlet_V1_Jobs.SimpleServiceProtocol {
    let calls: JobCalls

    func submit(
        request: Martlet_V1_SubmitRequest, context: ServerContext
    ) async throws -> Martlet_V1_SubmitResponse {
        try await calls.submit(request)
    }

    func submitStream(
        request: RPCAsyncSequence<Martlet_V1_SubmitRequest, any Error>,
        response: RPCWriter<Martlet_V1_SubmitResponse>, context: ServerContext
    ) async throws {
        throw servedByHand()
    }

    func getJob(request: Martlet_V1_GetJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        guard request.hasWait else { return try await calls.job(request) }
        return try await untilCancelled(context) { try await calls.job(request) }
    }

    func getJob(
        request: StreamingServerRequest<Martlet_V1_GetJobRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Martlet_V1_Job> {
        try await answer(request) { try await getJob(request: $0, context: context) }
    }

    func listJobs(
        request: Martlet_V1_ListJobsRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListJobsResponse {
        throw servedByHand()
    }

    /// `listJobs`, written aside from the loop as well: a list takes a millisecond of that.
    func writtenJobs(
        request: StreamingServerRequest<Martlet_V1_ListJobsRequest>
    ) async throws -> StreamingServerResponse<[UInt8]> {
        try await answer(request) { try await calls.jobs($0) { try $0.serializedBytes() } }
    }

    func cancelJob(request: Martlet_V1_CancelJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        try await calls.cancel(request)
    }

    func redriveJob(request: Martlet_V1_RedriveJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        try await calls.redrive(request)
    }

    func listJobEvents(
        request: Martlet_V1_ListJobEventsRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListJobEventsResponse {
        try await calls.events(request)
    }

    func waitJobs(
        request: Martlet_V1_WaitJobsRequest, response: RPCWriter<Martlet_V1_Job>, context: ServerContext
    ) async throws {
        let ids = try calls.waited(for: request)
        try await untilCancelled(context) {
            do {
                try await calls.node.withFinishedJobs(ids) { record in
                    try await response.write(Martlet_V1_Job(record))
                }
            } catch let error as NodeError {
                throw Problem(error)
            }
        }
    }

    func listQueues(
        request: Martlet_V1_ListQueuesRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListQueuesResponse {
        try await calls.queues()
    }
}

/// Runs a call that may wait, cancelled when its caller gives up or the server goes down.
func untilCancelled<Answer: Sendable>(
    _ context: ServerContext, _ body: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    let departure: @Sendable () async -> Void = {
        // It throws only when this very wait is cancelled: then the call is over, and nobody looks.
        try? await context.cancellation.cancelled
    }
    do {
        return try await abandoning(when: [departure], body)
    } catch is CancellationError {
        throw Problem(.unavailable, "the call was cancelled, or the server is going down", retryAfter: .seconds(1))
    }
}
