internal import GRPCCore
internal import MartletNode
internal import MartletWire

/// `grpc.health.v1.Health`: serving means that a recent append succeeded.
struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    let node: Node
    /// How often a watched node is looked at.
    let interval: Duration

    private static let services: Set<String> = ["", "martlet.v1.Jobs", "martlet.v1.Work"]

    func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard Self.services.contains(request.service) else {
            throw RPCError(code: .notFound, message: "no such service")
        }
        return await response(for: request.service)
    }

    func watch(
        request: Grpc_Health_V1_HealthCheckRequest, response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {
        try await untilCancelled(context) {
            var last: Grpc_Health_V1_HealthCheckResponse?
            while true {
                let next = await self.response(for: request.service)
                if next != last { try await response.write(next) }
                last = next
                try await Task.sleep(for: interval)
            }
        }
    }

    private func response(for service: String) async -> Grpc_Health_V1_HealthCheckResponse {
        var response = Grpc_Health_V1_HealthCheckResponse()
        guard Self.services.contains(service) else {
            response.status = .serviceUnknown
            return response
        }
        response.status = await node.health().isReady ? .serving : .notServing
        return response
    }
}
