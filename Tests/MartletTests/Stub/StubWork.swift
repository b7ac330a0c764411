import GRPCCore
import MartletWire
import SwiftProtobuf
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The work service: hands each session's stream to the test, which reads and writes as it likes.
final class StubWork: Martlet_V1_Work.SimpleServiceProtocol {
    /// One stream of a session, as the server sees it.
    struct Stream: Sendable {
        let number: Int
        let messages: RPCAsyncSequence<Martlet_V1_WorkerMessage, any Error>
        let writer: RPCWriter<Martlet_V1_ServerMessage>

        func send(_ fill: (inout Martlet_V1_ServerMessage) -> Void) async throws {
            try await writer.write(.with(fill))
        }

        func opened(_ id: String = "s1", heartbeat: Duration = .seconds(5)) async throws {
            try await send {
                $0.opened.sessionID = id
                $0.opened.heartbeatInterval = .init(
                    seconds: heartbeat.components.seconds,
                    nanos: Int32(heartbeat.components.attoseconds / 1_000_000_000))
            }
        }

        func attempts(_ attempts: Martlet_V1_Attempt...) async throws {
            try await send { $0.attempts.attempts = attempts }
        }

        func settled(_ number: UInt64) async throws {
            try await send { $0.settled.number = number }
        }
    }

    private let serve: @Sendable (Stream) async throws -> Void
    private let streams = Atomic(0)

    init(_ serve: @escaping @Sendable (Stream) async throws -> Void) { self.serve = serve }

    func session(
        request: RPCAsyncSequence<Martlet_V1_WorkerMessage, any Error>, response: RPCWriter<Martlet_V1_ServerMessage>,
        context: ServerContext
    ) async throws {
        let number = streams.add(1, ordering: .relaxed).newValue
        try await serve(Stream(number: number, messages: request, writer: response))
    }

    private static let missing = RPCError(code: .unimplemented, message: "not in this stub")

    func lease(request: Martlet_V1_LeaseRequest, context: ServerContext) async throws -> Martlet_V1_LeaseResponse {
        throw Self.missing
    }
    func extend(request: Martlet_V1_ExtendRequest, context: ServerContext) async throws -> Martlet_V1_ExtendResponse {
        throw Self.missing
    }
    func complete(
        request: Martlet_V1_CompleteRequest, context: ServerContext
    ) async throws -> Martlet_V1_CompleteResponse {
        throw Self.missing
    }
    func fail(request: Martlet_V1_FailRequest, context: ServerContext) async throws -> Martlet_V1_FailResponse {
        throw Self.missing
    }
    func release(
        request: Martlet_V1_ReleaseRequest, context: ServerContext
    ) async throws -> Martlet_V1_ReleaseResponse {
        throw Self.missing
    }
    func listWorkers(
        request: Martlet_V1_ListWorkersRequest, context: ServerContext
    ) async throws -> Martlet_V1_ListWorkersResponse {
        throw Self.missing
    }
}

extension Martlet_V1_Attempt {
    static func make(
        _ id: String, token: UInt64 = 1, kind: String = "noop", payload: String = "", timeout: Duration? = nil
    ) -> Self {
        .with {
            ($0.jobID, $0.token, $0.kind, $0.queue, $0.attempt) = (id, token, kind, "default", 1)
            $0.payload = Data(payload.utf8)
            if let timeout {
                $0.timeout = .init(
                    seconds: timeout.components.seconds, nanos: Int32(timeout.components.attoseconds / 1_000_000_000))
            }
        }
    }
}
