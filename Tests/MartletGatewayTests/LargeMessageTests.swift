import GRPCCore
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletGateway

@Suite("Messages of more than a frame", .timeLimit(.minutes(1)))
struct LargeMessageTests {
    @Test("They are answered, alone and in a stream")
    func answered() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let large = Martlet_V1_SubmitRequest.with {
                    $0.jobs = [.with { ($0.kind, $0.payloadText) = ("k", String(repeating: "x", count: 100_000)) }]
                }
                #expect(try await jobs.submit(large).jobIds.count == 1)
                let answers = try await jobs.submitStream { writer in
                    for _ in 0..<20 { try await writer.write(large) }
                } onResponse: { response in
                    try await response.messages.reduce(into: [Int]()) { $0.append($1.jobIds.count) }
                }
                #expect(answers == Array(repeating: 1, count: 20))
            }
        }
    }
}
