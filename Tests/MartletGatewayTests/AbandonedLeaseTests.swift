import GRPCCore
import MartletNode
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletGateway

@Suite("Leases whose caller goes away")
struct AbandonedLeaseTests {
    @Test("A lease that nobody waits for any more is given up", .timeLimit(.minutes(1)))
    func waiting() async throws {
        try await Running.gateway { running in
            // It returns once the server has closed, long before the minute.
            _ = try await running.raw(Self.request(#"{"queues":["q"],"wait":"60s"}"#), closing: true)
            while await running.node.waiterCount > 0 { await Task.yield() }
            let id = try await running.submitted(#"{"kind":"k","queue":"q"}"#)
            #expect(try await running.send("GET", "/v1/jobs/\(id)").member("state") == "QUEUED")
        }
    }

    @Test("What a lease without a wait was handed while the log stood still goes back", .timeLimit(.minutes(1)))
    func overHTTP() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted(#"{"kind":"k","queue":"q"}"#)
            running.log.closeGate()
            // The server closes only because the caller has: the answer would wait for the log.
            _ = try await running.raw(Self.request(#"{"queues":["q"]}"#), closing: true)
            running.log.openGate()
            #expect(try await running.send("GET", "/v1/jobs/\(id)").member("state") == "QUEUED")
        }
    }

    @Test("So does what was handed to a call over gRPC that was cancelled", .timeLimit(.minutes(1)))
    func overGRPC() async throws {
        try await Running.gateway { running in
            let id = try await running.submitted(#"{"kind":"k","queue":"q"}"#)
            running.log.closeGate()
            try await running.grpc { client in
                let work = Martlet_V1_Work.Client(wrapping: client)
                let leasing = Task { try await work.lease(.with { $0.queues = ["q"] }) }
                while !running.log.isHolding { await Task.yield() }
                leasing.cancel()
                await #expect(throws: RPCError.self) { try await leasing.value }
                // These come behind the cancellation on the same connection.
                for _ in 0..<50 { _ = try await work.listWorkers(.init()) }
            }
            running.log.openGate()
            #expect(try await running.send("GET", "/v1/jobs/\(id)").member("state") == "QUEUED")
        }
    }

    private static func request(_ body: String) -> [UInt8] {
        Array(
            ("POST /v1/attempts:lease HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }
}
