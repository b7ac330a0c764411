import MartletWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import Martlet

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A client, over the wire", .timeLimit(.minutes(1)))
struct ClientTests {
    func job(_ kind: String) -> RawJob { RawJob(kind: kind, payload: [1, 2, 3]) }

    func withClient(
        of jobs: StubJobs, _ options: ClientOptions = .standard, body: (MartletClient) async throws -> Void
    ) async throws {
        try await StubServer.with([jobs]) { stub in
            try await MartletClient.with(stub.address, options: options, body: body)
        }
    }

    @Test("What is submitted while a call is in flight goes together, and each caller gets its own id")
    func concurrentSubmitsAreMerged() async throws {
        let gate = Gate()
        let jobs = StubJobs { _, index in index == 0 ? .acceptAfter(gate) : .accept }

        try await withClient(of: jobs) { client in
            let handles = try await withThrowingTaskGroup(of: [JobHandle].self) { group in
                for number in 0..<100 { group.addTask { try await client.submit([job("k\(number)")]) } }
                while client.submitter.waiting < 100 { await Task.yield() }
                gate.open()
                return try await group.reduce(into: []) { $0 += $1 }
            }

            #expect(Set(handles.map(\.id)) == Set((0..<100).map { "id-k\($0)" }))
        }
        #expect(jobs.requests.count <= 5, "one held, three more in flight, and the rest at once")
        #expect(jobs.requests.map(\.sequence) == (1...UInt64(jobs.requests.count)).map { $0 })
    }

    @Test("One caller's bad job fails that caller alone")
    func badJobFailsAlone() async throws {
        let gate = Gate()
        let jobs = StubJobs { seen, index in
            if index == 0 { return .acceptAfter(gate) }
            guard let bad = seen.request.jobs.firstIndex(where: { $0.kind == "bad" }) else { return .accept }
            return .refuse(
                .with { ($0.reason, $0.message, $0.field) = ("invalid", "not this", "jobs[\(bad)].kind") })
        }

        try await withClient(of: jobs) { client in
            async let first = client.submit([job("first")])
            while jobs.requests.isEmpty { await Task.yield() }
            let outcomes = await withTaskGroup(of: (Int, Result<[JobHandle], any Error>).self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            return (number, .success(try await client.submit([job(number == 13 ? "bad" : "good")])))
                        } catch {
                            return (number, .failure(error))
                        }
                    }
                }
                while client.submitter.waiting < 21 { await Task.yield() }
                gate.open()
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }

            _ = try await first
            for (number, outcome) in outcomes where number != 13 {
                let handles = try outcome.get()
                #expect(handles == [JobHandle(id: "id-good")])
            }
            let error = #expect(throws: MartletError.self) { try outcomes[13]?.get() }
            #expect(error?.code == .invalidArgument)
            #expect(error?.field == "jobs[0].kind")
        }
    }

    @Test("A request whose answer was lost is sent again with the same client id and sequence")
    func lostAnswerIsRepaired() async throws {
        let jobs = StubJobs { _, index in index == 0 ? .cut : .accept }

        try await withClient(of: jobs) { client in
            let handles = try await client.submit([job("k")])
            #expect(handles == [JobHandle(id: "id-k")])
        }

        let seen = jobs.seen.withLock { $0 }
        #expect(seen.map(\.stream) == [1, 2])
        #expect(seen.map(\.request.sequence) == [1, 1])
        #expect(Set(seen.map(\.request.clientID)).count == 1)
    }

    @Test("A full server is asked again when it said, with the same sequence")
    func retryAfterIsHonoured() async throws {
        let jobs = StubJobs { _, index in
            guard index == 0 else { return .accept }
            return .refuse(
                .with { ($0.reason, $0.message, $0.retryAfter) = ("exhausted", "full", .init(nanos: 80_000_000)) })
        }

        try await withClient(of: jobs) { client in
            _ = try await client.submit([job("k")])
        }

        let seen = jobs.seen.withLock { $0 }
        try #require(seen.count == 2)
        #expect(seen.map(\.request.sequence) == [1, 1])
        #expect(seen[1].at - seen[0].at >= .milliseconds(80))
    }

    @Test("Patience ends with the reason: nobody listens there")
    func patienceEnds() async throws {
        // Given the port of a server that is gone
        var gone = ServerAddress.standard
        try await StubServer.with([StubJobs()]) { gone = $0.address }

        let error = await #expect(throws: MartletError.self) {
            try await MartletClient.with(gone, options: ClientOptions(patience: .milliseconds(100))) { client in
                _ = try await client.submit([job("k")])
            }
        }

        #expect(error?.code == .unavailable)
    }

    @Test("A cancelled caller stops waiting")
    func cancelledCallerStops() async throws {
        let gate = Gate()
        let jobs = StubJobs { _, _ in .acceptAfter(gate) }

        try await withClient(of: jobs) { client in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.submit([job("k")]) }
                while jobs.requests.isEmpty { await Task.yield() }
                group.cancelAll()

                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            gate.open()
        }
    }

    @Test("A submission over the limits is refused without being sent")
    func oversizeIsRefused() async throws {
        let jobs = StubJobs()

        try await withClient(of: jobs) { client in
            let many = await #expect(throws: MartletError.self) {
                try await client.submit([RawJob](repeating: job("k"), count: 10_001))
            }
            let large = await #expect(throws: MartletError.self) {
                try await client.submit([RawJob(kind: "k", payload: [UInt8](repeating: 0, count: 9 << 20))])
            }
            #expect([many?.code, large?.code] == [.invalidArgument, .invalidArgument])
        }
        #expect(jobs.requests.isEmpty)
    }

    @Test("A batch near the limit of the server is one message")
    func largeBatchFits() async throws {
        let jobs = StubJobs()

        try await withClient(of: jobs) { client in
            let payload = [UInt8](repeating: 7, count: 7 << 20)
            let handles = try await client.submit([RawJob(kind: "k", payload: payload)])
            #expect(handles.count == 1)
        }
    }

    @Test("A result is the handler's; a job that failed for good says why")
    func resultIsRead() async throws {
        let jobs = StubJobs(finish: { id in
            .with {
                $0.id = id
                $0.state = id == "good" ? .succeeded : .dead
                $0.result = Data(#"{"messageID":"m1"}"#.utf8)
                if id != "good" { ($0.failure.code, $0.failure.message) = ("refused", "no such address") }
            }
        })

        try await withClient(of: jobs) { client in
            let output = try await client.result(of: JobHandle(id: "good"), as: EmailJob.self)
            let error = await #expect(throws: JobFailedError.self) {
                try await client.result(of: JobHandle(id: "bad"), as: EmailJob.self)
            }

            #expect(output.messageID == "m1")
            #expect(error?.state == .dead)
            #expect(error?.failure == JobFailure(code: "refused", message: "no such address"))
        }
    }

    @Test("A watch gives each final job and ends")
    func watchEnds() async throws {
        let jobs = StubJobs(finish: { id in .with { ($0.id, $0.state) = (id, .cancelled) } })

        try await withClient(of: jobs) { client in
            var ended: [String] = []
            for try await job in client.wait(for: [JobHandle(id: "b"), JobHandle(id: "a")]) { ended.append(job.id) }

            #expect(ended == ["a", "b"])
        }
    }

    @Test("What the server does not know is not found")
    func unknownIsNotFound() async throws {
        try await withClient(of: StubJobs()) { client in
            let error = await #expect(throws: MartletError.self) { try await client.job("nothing") }
            #expect(error?.code == .notFound)
        }
    }
}
