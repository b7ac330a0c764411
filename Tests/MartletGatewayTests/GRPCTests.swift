import GRPCCore
import GRPCProtobuf
import MartletCore
import MartletNode
import MartletWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import MartletGateway

@Suite("gRPC")
struct GRPCTests {
    @Test("A job is submitted, read, listed, cancelled; each refusal has its code and its word")
    func unary() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let accepted = try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "k" }] })
                let id = try #require(accepted.jobIds.first)
                #expect(try await jobs.getJob(.with { $0.id = id }).state == .queued)
                #expect(try await jobs.listJobs(.init()).jobs.map(\.id) == [id])
                #expect(try await jobs.listJobEvents(.with { $0.id = id }).events.map(\.event) == ["submitted"])
                #expect(try await jobs.listQueues(.init()).queues.map(\.name) == ["default"])
                #expect(try await jobs.cancelJob(.with { $0.id = id }).state == .cancelled)
                let again = await #expect(throws: RPCError.self) {
                    try await jobs.cancelJob(.with { $0.id = id })
                }
                #expect(again?.code == .failedPrecondition)
                #expect(again?.word("martlet-reason") == "wrong-state")
                let invalid = await #expect(throws: RPCError.self) { try await jobs.getJob(.with { $0.id = "x" }) }
                #expect(invalid?.code == .invalidArgument)
                #expect(invalid?.word("martlet-field") == "id")
                // The one that finds the disk full is written to the reserve.
                running.log.fill()
                _ = try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "k" }] })
                let full = await #expect(throws: RPCError.self) {
                    try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "k" }] })
                }
                #expect(full?.code == .resourceExhausted)
                #expect(full?.word("retry-after-ms") == "5000")
            }
        }
    }

    @Test("Bytes that are no message are refused as an argument")
    func brokenProtobuf() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(
                        request: ClientRequest(message: [0x0A, 0xFF, 0xFF, 0xFF]),
                        descriptor: Martlet_V1_Jobs.Method.Submit.descriptor, serializer: Plain(),
                        deserializer: Plain(), options: .defaults
                    ) { try $0.message }
                }
                #expect(error?.code == .invalidArgument)
            }
        }
    }

    @Test("A refusal in a stream is answered in its place and does not end the stream")
    func streamRefusal() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let client = ClientID(high: 1, low: 2).description
                let answers = try await jobs.submitStream { writer in
                    for (sequence, kind) in [(1, "a"), (2, "not a name"), (3, "c")] {
                        try await writer.write(
                            .with {
                                $0.clientID = client
                                $0.sequence = UInt64(sequence)
                                $0.jobs = [.with { $0.kind = kind }]
                            })
                    }
                    try await writer.write(.with { $0.sequence = 4 })
                } onResponse: { response in
                    try await response.messages.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.map(\.sequence) == [1, 2, 3, 4])
                #expect(answers.map(\.hasRefusal) == [false, true, false, true])
                #expect(answers[1].refusal.field == "jobs[0].kind")
                #expect(answers[1].refusal.reason == "invalid-field")
                #expect(answers[3].refusal.field == "client_id")
            }
        }
    }

    @Test("A stream with sixteen unanswered requests is not read further")
    func flowControl() async throws {
        var limits = Limits()
        limits.submissionsInFlight = 100
        try await Running.gateway(limits: limits) { running in
            running.log.closeGate()
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let answered = try await jobs.submitStream { writer in
                    for sequence in 1...40 {
                        try await writer.write(
                            .with {
                                $0.clientID = ClientID(high: 1, low: 2).description
                                $0.sequence = UInt64(sequence)
                                $0.jobs = [.with { $0.kind = "k" }]
                            })
                    }
                } onResponse: { response in
                    // Another call is served meanwhile; each gives the stream the chance to be read too far.
                    let work = Martlet_V1_Work.Client(wrapping: client)
                    while await running.node.metrics().hotJobs < 16 { _ = try await work.listWorkers(.init()) }
                    for _ in 0..<200 { _ = try await work.listWorkers(.init()) }
                    #expect(await running.node.metrics().hotJobs == 16)
                    running.log.openGate()
                    return try await response.messages.reduce(into: [UInt64]()) { answered, answer in
                        if !answer.hasRefusal { answered.append(answer.sequence) }
                    }
                }
                #expect(answered == Array(1...40))
            }
        }
    }

    @Test("Waiting for jobs gives each as it ends")
    func waitJobs() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let ids = try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "a" }, .with { $0.kind = "b" }] })
                    .jobIds
                let ended = try await jobs.waitJobs(.with { $0.ids = ids }) { response in
                    var iterator = response.messages.makeAsyncIterator()
                    _ = try await jobs.cancelJob(.with { $0.id = ids[1] })
                    let first = try await iterator.next()?.id
                    _ = try await jobs.cancelJob(.with { $0.id = ids[0] })
                    let second = try await iterator.next()?.id
                    return [first, second]
                }
                #expect(ended == [ids[1], ids[0]])
            }
        }
    }

    @Test("Health is checked and watched")
    func health() async throws {
        try await Running.gateway({ $0.grpc.healthInterval = .milliseconds(10) }) { running in
            try await running.grpc { client in
                let health = Grpc_Health_V1_Health.Client(wrapping: client)
                #expect(try await health.check(.init()).status == .serving)
                let unknown = await #expect(throws: RPCError.self) {
                    try await health.check(.with { $0.service = "nobody" })
                }
                #expect(unknown?.code == .notFound)
                let seen = try await health.watch(.with { $0.service = "martlet.v1.Jobs" }) { response in
                    var iterator = response.messages.makeAsyncIterator()
                    let first = try await iterator.next()?.status
                    running.log.stop()
                    await #expect(throws: NodeError.self) {
                        try await running.node.submit([JobSpec(kind: "k")], stamp: nil)
                    }
                    return [first, try await iterator.next()?.status]
                }
                #expect(seen == [.serving, .notServing])
            }
        }
    }

    @Test("Reflection lists the services and gives each file with all that it imports")
    func reflection() async throws {
        let service = ReflectionService(index: try DescriptorIndex(base64: serializedDescriptors))
        let list = try service.answer(to: .with { $0.listServices = "" })
        let names = list.listServicesResponse.service.map(\.name)
        #expect(names.contains("martlet.v1.Jobs") && names.contains("martlet.v1.Work"))
        let found = try service.answer(to: .with { $0.fileContainingSymbol = "martlet.v1.Jobs.Submit" })
        let files = try found.fileDescriptorResponse.fileDescriptorProto.map {
            try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name
        }
        #expect(files.first == "martlet/v1/jobs.proto")
        #expect(Set(files).count == files.count && files.contains("google/protobuf/timestamp.proto"))
        let missing = try service.answer(to: .with { $0.fileContainingSymbol = "martlet.v1.Nothing" })
        #expect(missing.errorResponse.errorCode == 5)
        try await Running.gateway { running in
            try await running.grpc { client in
                for version in ["v1", "v1alpha"] {
                    let answer = try await client.bidirectionalStreaming(
                        request: StreamingClientRequest {
                            try await $0.write(Grpc_Reflection_V1_ServerReflectionRequest.with { $0.listServices = "" })
                        },
                        descriptor: MethodDescriptor(
                            service: .init(fullyQualifiedService: "grpc.reflection.\(version).ServerReflection"),
                            method: "ServerReflectionInfo", type: .bidirectionalStreaming),
                        serializer: ProtobufSerializer<Grpc_Reflection_V1_ServerReflectionRequest>(),
                        deserializer: ProtobufDeserializer<Grpc_Reflection_V1_ServerReflectionResponse>(),
                        options: .defaults
                    ) { response in try await response.messages.first { _ in true } }
                    #expect(answer?.listServicesResponse.service.count == names.count)
                }
            }
        }
    }
}

/// Bytes as they are.
struct Plain: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}

extension RPCError {
    /// A value of the trailing metadata.
    func word(_ key: String) -> String? { metadata[stringValues: key].first { _ in true } }
}
