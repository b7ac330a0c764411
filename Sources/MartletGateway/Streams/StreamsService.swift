internal import GRPCCore
internal import GRPCProtobuf
internal import MartletNode
internal import MartletWire

/// The two streams that nearly all jobs pass, with messages read and written by hand (decision record 8), and the calls
/// whose requests hold a list, with a look at its length first.
///
/// Registered after `JobsService` and `WorkService`, whose generated registration knows these methods too: the later
/// one counts.
struct StreamsService: RegistrableRPCService {
    let node: Node
    let jobs: JobsService
    let work: WorkService
    let configuration: GatewayConfiguration.GRPC

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) where Transport: ServerTransport {
        router.registerHandler(
            forMethod: Martlet_V1_Jobs.Method.SubmitStream.descriptor,
            deserializer: SubmissionRequest.Reading(), serializer: SubmissionReply.Writing()
        ) { [node] request, _ in
            StreamingServerResponse { writer in
                try await SubmissionStream(node: node).run(requests: request.messages, responses: writer)
                return [:]
            }
        }
        router.registerHandler(
            forMethod: Martlet_V1_Work.Method.Session.descriptor,
            deserializer: WorkerLetter.Reading(), serializer: ServerLetter.Writing()
        ) { [node, configuration] request, context in
            let cancellation = context.cancellation
            return StreamingServerResponse { writer in
                try await SessionStream(node: node, configuration: configuration).run(
                    messages: request.messages, responses: writer
                ) {
                    // It throws only when this very wait is cancelled: then the session is over.
                    try? await cancellation.cancelled
                }
                return [:]
            }
        }
        registerLists(with: &router)
    }

    private func registerLists<Transport>(with router: inout RPCRouter<Transport>) where Transport: ServerTransport {
        router.registerHandler(
            forMethod: Martlet_V1_Jobs.Method.Submit.descriptor,
            deserializer: ShapedReading<Martlet_V1_SubmitRequest>(),
            serializer: ProtobufSerializer<Martlet_V1_SubmitResponse>()
        ) { [jobs] in try await jobs.submit(request: $0, context: $1) }
        router.registerHandler(
            forMethod: Martlet_V1_Jobs.Method.WaitJobs.descriptor,
            deserializer: WaitingReading<Martlet_V1_WaitJobsRequest>(), serializer: ProtobufSerializer<Martlet_V1_Job>()
        ) { [jobs] in try await jobs.waitJobs(request: $0, context: $1) }
        router.registerHandler(
            forMethod: Martlet_V1_Work.Method.Lease.descriptor,
            deserializer: WaitingReading<Martlet_V1_LeaseRequest>(),
            serializer: ProtobufSerializer<Martlet_V1_LeaseResponse>()
        ) { [work] in try await work.lease(request: $0, context: $1) }
        router.registerHandler(
            forMethod: Martlet_V1_Jobs.Method.GetJob.descriptor,
            deserializer: WaitingReading<Martlet_V1_GetJobRequest>(), serializer: ProtobufSerializer<Martlet_V1_Job>()
        ) { [jobs] in try await jobs.getJob(request: $0, context: $1) }
        router.registerHandler(
            forMethod: Martlet_V1_Jobs.Method.ListJobs.descriptor,
            deserializer: ProtobufDeserializer<Martlet_V1_ListJobsRequest>(), serializer: WrittenAnswer()
        ) { [jobs] request, _ in try await jobs.writtenJobs(request: request) }
    }
}

/// The methods whose requests may go on for as long as the caller likes.
enum StreamingMethods {
    private static let paces: [String: Pace] = {
        let submissions = Martlet_V1_Jobs.Method.SubmitStream.descriptor.fullyQualifiedMethod
        let session = Martlet_V1_Work.Method.Session.descriptor.fullyQualifiedMethod
        let room = SubmissionStream.unanswered
        // Each request has one reply. Once a session is open, whatever its worker says is read at once.
        var paces = ["/" + submissions: Pace(first: room, ahead: room), "/" + session: Pace(first: 1, ahead: .max)]
        for path in ReflectionService.paths { paces[path] = Pace(first: 1, ahead: 1) }
        return paces
    }()

    /// Nil: the request is one message.
    static func pace(of path: String?) -> Pace? { path.flatMap { paces[$0] } }
}

/// What the generated services answer where `StreamsService` serves.
func servedByHand() -> RPCError {
    RPCError(code: .internalError, message: "this method is served by another registration")
}
