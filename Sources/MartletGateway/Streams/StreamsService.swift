internal import GRPCCore
internal import GRPCProtobuf
internal import MartletNode
internal import MartletWire

/// The two streams that nearly all jobs pass, with messages read and written by hand (decision record 8).
///
/// Registered after `JobsService` and `WorkService`, whose generated registration knows these methods too: the later
/// one counts.
struct StreamsService: RegistrableRPCService {
    let node: Node
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
    }
}

/// What the generated services answer where `StreamsService` serves.
func servedByHand() -> RPCError {
    RPCError(code: .internalError, message: "this method is served by another registration")
}
