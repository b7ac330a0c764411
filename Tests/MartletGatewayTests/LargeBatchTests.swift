import GRPCCore
import MartletCore
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletGateway

@Suite("More for a worker at once than may be unread", .timeLimit(.minutes(1)))
struct LargeBatchTests {
    @Test("A worker that reads has all of it, in one session")
    func delivered() async throws {
        var limits = Limits()
        limits.hotBytesPerLane = 64 << 20
        try await Running.gateway(limits: limits) { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let work = Martlet_V1_Work.Client(wrapping: client)
                let large = Martlet_V1_SubmitRequest.with {
                    $0.jobs = [.with { ($0.kind, $0.payloadText) = ("k", String(repeating: "x", count: 1_000_000)) }]
                }
                for _ in 0..<20 { _ = try await jobs.submit(large) }
                let (requests, send) = AsyncStream.makeStream(of: Martlet_V1_WorkerMessage.self)
                send.yield(
                    .with {
                        $0.open.name = "test"
                        $0.open.queues = ["default"]
                        $0.open.concurrency = 20
                    })
                let delivered = try await work.session { writer in
                    for await request in requests { try await writer.write(request) }
                } onResponse: { response in
                    defer { send.finish() }
                    var messages = response.messages.makeAsyncIterator()
                    var delivered: Set<String> = []
                    while delivered.count < 20, let message = try await messages.next() {
                        delivered.formUnion(message.attempts.attempts.map(\.jobID))
                    }
                    return delivered
                }
                #expect(delivered.count == 20)
            }
        }
    }
}
