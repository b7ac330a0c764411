internal import GRPCCore
internal import Logging
internal import MartletNode
internal import MartletWire

/// `martlet.v1.Work` over gRPC.
struct WorkService: Martlet_V1_Work.SimpleServiceProtocol {
    let calls: WorkCalls

    func session(
        request: RPCAsyncSequence<Martlet_V1_WorkerMessage, any Error>,
        response: RPCWriter<Martlet_V1_ServerMessage>, context: ServerContext
    ) async throws {
        throw servedByHand()
    }

    func lease(request: Martlet_V1_LeaseRequest, context: ServerContext) async throws -> Martlet_V1_LeaseResponse {
        // Without a wait as well: the log may be slow, and what is handed out then is for nobody.
        try await untilCancelled(context) { try await calls.lease(request) }
    }

    func lease(
        request: StreamingServerRequest<Martlet_V1_LeaseRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Martlet_V1_LeaseResponse> {
        try await answer(request) { try await lease(request: $0, context: context) }
    }

    func extend(request: Martlet_V1_ExtendRequest, context: ServerContext) async throws -> Martlet_V1_ExtendResponse {
        try await calls.extend(request)
    }

    func complete(
        request: Martlet_V1_CompleteRequest, context: ServerContext
    ) async throws -> Martlet_V1_CompleteResponse {
        try await calls.complete(request)
    }

    func fail(request: Martlet_V1_FailRequest, context: ServerContext) async throws -> Martlet_V1_FailResponse {
        try await calls.fail(request)
    }

    func release(
        request: Martlet_V1_ReleaseRequest, context: ServerContext
    ) async throws -> Martlet_V1_ReleaseResponse {
        try await calls.release(request)
    }

    func listWorkers(
        request: Martlet_V1_ListWorkersRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListWorkersResponse {
        await calls.workers()
    }
}
