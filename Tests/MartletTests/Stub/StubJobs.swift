import GRPCCore
import MartletWire
import Synchronization

/// The jobs service with a script for its submit stream. The other calls answer what a test sets, or nothing.
final class StubJobs: Martlet_V1_Jobs.SimpleServiceProtocol {
    /// What the stub does with a request.
    enum Answer {
        case accept
        case refuse(Martlet_V1_Refusal)
        /// Cuts the stream without an answer.
        case cut
        /// Holds the answers until the gate opens, then accepts.
        case acceptAfter(Gate)
    }

    struct Seen: Sendable {
        var request: Martlet_V1_SubmitRequest
        var stream: Int
        var at: ContinuousClock.Instant
    }

    let seen = Mutex<[Seen]>([])
    private let streams = Atomic(0)
    private let answer: @Sendable (Seen, _ index: Int) -> Answer
    private let finish: @Sendable (String) -> Martlet_V1_Job?

    private let keepsRequests: Bool
    private let lostReads: Int
    private let reads = Atomic(0)

    /// - Parameter lostReads: so many of the first calls that ask about jobs are cut.
    init(
        keepsRequests: Bool = true,
        lostReads: Int = 0,
        answer: @escaping @Sendable (Seen, _ index: Int) -> Answer = { _, _ in .accept },
        finish: @escaping @Sendable (String) -> Martlet_V1_Job? = { _ in nil }
    ) {
        self.keepsRequests = keepsRequests
        self.lostReads = lostReads
        self.answer = answer
        self.finish = finish
    }

    var requests: [Martlet_V1_SubmitRequest] { seen.withLock { $0.map(\.request) } }

    func submitStream(
        request: RPCAsyncSequence<Martlet_V1_SubmitRequest, any Error>,
        response: RPCWriter<Martlet_V1_SubmitResponse>, context: ServerContext
    ) async throws {
        let stream = streams.add(1, ordering: .relaxed).newValue
        for try await message in request {
            let entry = Seen(request: message, stream: stream, at: .now)
            let index = seen.withLock { seen in
                guard keepsRequests else { return 0 }
                seen.append(entry)
                return seen.count - 1
            }
            var reply = Martlet_V1_SubmitResponse()
            reply.sequence = message.sequence
            switch answer(entry, index) {
            case .accept:
                reply.jobIds = message.jobs.map { "id-\($0.kind)" }
            case .acceptAfter(let gate):
                await gate.passed()
                reply.jobIds = message.jobs.map { "id-\($0.kind)" }
            case .refuse(let refusal):
                reply.refusal = refusal
            case .cut:
                throw RPCError(code: .unavailable, message: "cut by the test")
            }
            try await response.write(reply)
        }
    }

    func getJob(request: Martlet_V1_GetJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        try loseRead()
        guard let job = finish(request.id) else {
            throw RPCError(code: .notFound, message: "no job \(request.id)")
        }
        return job
    }

    func waitJobs(
        request: Martlet_V1_WaitJobsRequest, response: RPCWriter<Martlet_V1_Job>, context: ServerContext
    ) async throws {
        try loseRead()
        for id in request.ids.sorted() { if let job = finish(id) { try await response.write(job) } }
    }

    private func loseRead() throws {
        guard reads.add(1, ordering: .relaxed).newValue <= lostReads else { return }
        throw RPCError(code: .unavailable, message: "cut by the test")
    }

    private static let missing = RPCError(code: .unimplemented, message: "not in this stub")

    func submit(request: Martlet_V1_SubmitRequest, context: ServerContext) async throws -> Martlet_V1_SubmitResponse {
        throw Self.missing
    }
    func listJobs(
        request: Martlet_V1_ListJobsRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListJobsResponse {
        throw Self.missing
    }
    func cancelJob(request: Martlet_V1_CancelJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        throw Self.missing
    }
    func redriveJob(request: Martlet_V1_RedriveJobRequest, context: ServerContext) async throws -> Martlet_V1_Job {
        throw Self.missing
    }
    func listJobEvents(
        request: Martlet_V1_ListJobEventsRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListJobEventsResponse {
        throw Self.missing
    }
    func listQueues(
        request: Martlet_V1_ListQueuesRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListQueuesResponse {
        throw Self.missing
    }
}
