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

    @Test("Of the request of a call that may wait nothing is kept but what is known")
    func unknownFields() throws {
        var wait = ProtobufWriter()
        wait.field(1, 7)
        wait.field(9, [UInt8](repeating: 1, count: 100_000))
        var request = ProtobufWriter()
        request.field(1, "an id")
        request.field(2, wait.bytes)
        request.field(99, [UInt8](repeating: 1, count: 100_000))

        let read = try WaitingReading<Martlet_V1_GetJobRequest>().deserialize(request.bytes)

        #expect(read.id == "an id" && read.wait.seconds == 7)
        #expect(read.unknownFields.data.isEmpty && read.wait.unknownFields.data.isEmpty)
        let error = #expect(throws: RPCError.self) {
            try WaitingReading<Martlet_V1_GetJobRequest>().deserialize([0xFF] as [UInt8])
        }
        #expect(error?.code == .invalidArgument)
    }
}
