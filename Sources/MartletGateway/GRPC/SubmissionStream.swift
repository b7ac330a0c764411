internal import GRPCCore
internal import MartletCore
internal import MartletNode
internal import MartletWire

/// One `SubmitStream`: requests are decided as they come, replies are written as they become durable.
///
/// Reading never waits for durability, but for room: with `unanswered` replies owed, the next request stays in
/// HTTP/2's window, and so with the client. A refused request is answered in its place and ends nothing.
struct SubmissionStream: Sendable {
    let node: Node

    /// As many as a numbered client may have, by protocol.
    static let unanswered = 16

    func run(
        requests: RPCAsyncSequence<Martlet_V1_SubmitRequest, any Error>,
        responses: RPCWriter<Martlet_V1_SubmitResponse>
    ) async throws {
        let replies = ReplyQueue<Martlet_V1_SubmitResponse>(capacity: Self.unanswered)
        try await withThrowingTaskGroup { group in
            group.addTask {
                while let ready = await replies.take() {
                    if ready.count == 1, let only = ready.first {
                        try await responses.write(only)
                    } else {
                        try await responses.write(contentsOf: ready)
                    }
                }
            }
            group.addTask {
                defer { replies.complete() }
                for try await request in requests {
                    let slot = try await replies.reserve()
                    await submit(request) { replies.fill(slot, with: $0) }
                }
            }
            // The first error ends both; without one, both end by themselves.
            try await group.waitForAll()
        }
    }

    private func submit(
        _ request: Martlet_V1_SubmitRequest, reply: @escaping @Sendable (Martlet_V1_SubmitResponse) -> Void
    ) async {
        let sequence = request.sequence
        do throws(Problem) {
            let stamp = try SubmissionStamp.make(wire: request)
            let specs = try request.specs()
            await node.submit(specs, stamp: stamp) { result in
                switch result {
                case .success(let ids): reply(Martlet_V1_SubmitResponse(ids: ids, sequence: sequence))
                case .failure(let error):
                    reply(Martlet_V1_SubmitResponse(refused: Problem(error, inList: true), sequence: sequence))
                }
            }
        } catch {
            reply(Martlet_V1_SubmitResponse(refused: error, sequence: sequence))
        }
    }
}
