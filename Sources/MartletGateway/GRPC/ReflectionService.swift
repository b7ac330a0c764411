internal import GRPCCore
internal import GRPCProtobuf
internal import MartletWire

/// gRPC reflection, v1, and the same messages under the name of v1alpha, which older tools ask first.
struct ReflectionService: RegistrableRPCService {
    let index: DescriptorIndex

    private static let names = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
    static let paths = names.map { "/\($0)/ServerReflectionInfo" }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for name in Self.names {
            router.registerHandler(
                forMethod: MethodDescriptor(
                    service: ServiceDescriptor(fullyQualifiedService: name), method: "ServerReflectionInfo",
                    type: .bidirectionalStreaming),
                deserializer: ProtobufDeserializer<Grpc_Reflection_V1_ServerReflectionRequest>(),
                serializer: ProtobufSerializer<Grpc_Reflection_V1_ServerReflectionResponse>()
            ) { request, _ in
                StreamingServerResponse { writer in
                    for try await question in request.messages { try await writer.write(answer(to: question)) }
                    return [:]
                }
            }
        }
    }

    func answer(
        to request: Grpc_Reflection_V1_ServerReflectionRequest
    ) throws -> Grpc_Reflection_V1_ServerReflectionResponse {
        var response = Grpc_Reflection_V1_ServerReflectionResponse()
        response.validHost = request.host
        response.originalRequest = request
        switch request.messageRequest {
        case .listServices:
            response.listServicesResponse.service = index.services.map { name in
                var service = Grpc_Reflection_V1_ServiceResponse()
                service.name = name
                return service
            }
        case .fileByFilename(let name):
            try describe(file: name, in: &response)
        case .fileContainingSymbol(let symbol):
            try describe(file: index.file(declaring: symbol), in: &response)
        case .fileContainingExtension, .allExtensionNumbersOfType:
            response.errorResponse = .make(.notFound, "there are no extensions")
        case nil:
            response.errorResponse = .make(.invalidArgument, "nothing is asked for")
        }
        return response
    }

    private func describe(
        file name: String?, in response: inout Grpc_Reflection_V1_ServerReflectionResponse
    ) throws {
        guard let name, let closure = try index.closure(of: name) else {
            response.errorResponse = .make(.notFound, "not known here")
            return
        }
        response.fileDescriptorResponse.fileDescriptorProto = closure
    }
}

extension Grpc_Reflection_V1_ErrorResponse {
    fileprivate static func make(_ code: RPCError.Code, _ message: String) -> Self {
        var error = Self()
        error.errorCode = Int32(clamping: code.rawValue)
        error.errorMessage = message
        return error
    }
}
