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
        requests: RPCAsyncSequence<SubmissionRequest, any Error>,
        responses: RPCWriter<SubmissionReply>
    ) async throws {
        let replies = ReplyQueue<SubmissionReply>(capacity: Self.unanswered)
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
        _ request: SubmissionRequest, reply: @escaping @Sendable (SubmissionReply) -> Void
    ) async {
        switch request {
        case .plain(let specs, let stamp, let sequence):
            await submit(specs, stamp, sequence, reply)
        case .general(let message):
            do throws(Problem) {
                let stamp = try SubmissionStamp.make(wire: message)
                await submit(try message.specs(), stamp, message.sequence, reply)
            } catch {
                reply(.refused(error, sequence: message.sequence))
            }
        }
    }

    private func submit(
        _ specs: [JobSpec], _ stamp: SubmissionStamp?, _ sequence: UInt64,
        _ reply: @escaping @Sendable (SubmissionReply) -> Void
    ) async {
        await node.submit(specs, stamp: stamp) { result in
            switch result {
            case .success(let ids): reply(.accepted(ids, sequence: sequence))
            case .failure(let error): reply(.refused(Problem(error, inList: true), sequence: sequence))
            }
        }
    }
}
