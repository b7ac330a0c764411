import MartletWire
import SwiftProtobuf
import Testing

@testable import Martlet

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A client that loses its server, over the wire", .timeLimit(.minutes(1)))
struct LostServerTests {
    /// Any call takes longer.
    let hasty = ClientOptions(patience: .nanoseconds(1))
    let job = RawJob(kind: "k", payload: [])

    @Test("A client whose jobs are never answered ends once its callers have given up")
    func endsWithoutAnswer() async throws {
        try await StubServer.with([StubJobs { _, _ in .cut }]) { stub in
            let options = ClientOptions(patience: .milliseconds(500))
            try await MartletClient.with(stub.address, options: options) { client in
                _ = await #expect(throws: MartletError.self) { try await client.submit([job]) }
            }
        }
    }

    @Test("A client whose server stands still ends once its callers have given up")
    func endsBesideStandstill() async throws {
        let gate = Gate()
        try await StubServer.with([StubJobs { _, _ in .acceptAfter(gate) }]) { stub in
            let options = ClientOptions(patience: .milliseconds(500))
            try await MartletClient.with(stub.address, options: options) { client in
                _ = await #expect(throws: MartletError.self) { try await client.submit([job]) }
            }
            gate.open()
        }
    }

    @Test("A result is asked for again, however long it had been waited for when the connection was lost")
    func resultIsAskedForAgain() async throws {
        let jobs = StubJobs(
            lostReads: 1,
            finish: { id in
                .with { ($0.id, $0.state, $0.result) = (id, .succeeded, Data(#"{"messageID":"m1"}"#.utf8)) }
            })

        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address, options: hasty) { client in
                let output = try await client.result(of: JobHandle(id: "a"), as: EmailJob.self)
                #expect(output.messageID == "m1")
            }
        }
    }

    @Test("A watch goes on, however long it had been open when the connection was lost")
    func watchGoesOn() async throws {
        let jobs = StubJobs(lostReads: 1, finish: { id in .with { ($0.id, $0.state) = (id, .dead) } })

        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address, options: hasty) { client in
                var ended: [String] = []
                for try await job in client.wait(for: [JobHandle(id: "a")]) { ended.append(job.id) }
                #expect(ended == ["a"])
            }
        }
    }

    @Test("A watch of a job that is named in upper case gives it once and ends")
    func watchOfUpperCaseEnds() async throws {
        // As the server answers, whatever the case of the question
        let jobs = StubJobs(finish: { id in .with { ($0.id, $0.state) = (id.lowercased(), .dead) } })

        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address) { client in
                var ended: [String] = []
                for try await job in client.wait(for: [JobHandle(id: "AB"), JobHandle(id: "ab")]) {
                    ended.append(job.id)
                    // It would go on for ever.
                    if ended.count > 2 { break }
                }
                #expect(ended == ["ab"])
            }
        }
    }

    @Test("A watch gives no job that goes on, and asks for it again")
    func watchGivesFinalJobsOnly() async throws {
        // Given a server that names jobs before their end
        let asked = Counter()
        let jobs = StubJobs(finish: { id in
            .with {
                $0.id = id
                $0.state = asked.next() == 1 ? .running : .succeeded
            }
        })

        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address) { client in
                var ended: [JobState] = []
                for try await job in client.wait(for: [JobHandle(id: "a")]) { ended.append(job.state) }
                #expect(ended == [.succeeded])
            }
        }
    }
}
