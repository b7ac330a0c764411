import GRPCCore
import MartletCore
import MartletView
import MartletWire
import ServiceLifecycle
import SwiftProtobuf
import Testing

@testable import MartletGateway
@testable import MartletNode

@Suite("A worker's session")
struct SessionTests {
    private static func open(_ queue: String = "default") -> Martlet_V1_WorkerMessage {
        .with {
            $0.open.name = "test"
            $0.open.queues = [queue]
            $0.open.concurrency = 10
        }
    }

    @Test("Attempts come down, outcomes go up and are settled, a drain stops them, the node hears the end")
    func flow() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let jobs = Martlet_V1_Jobs.Client(wrapping: client)
                let work = Martlet_V1_Work.Client(wrapping: client)
                let id = try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "k" }] }).jobIds.first
                let (requests, send) = AsyncStream.makeStream(of: Martlet_V1_WorkerMessage.self)
                send.yield(Self.open())
                try await work.session { writer in
                    for await request in requests { try await writer.write(request) }
                } onResponse: { response in
                    var messages = response.messages.makeAsyncIterator()
                    let opened = try #require(try await messages.next()).opened
                    #expect(opened.grace.seconds == 15 && opened.heartbeatInterval.seconds == 5)
                    let attempt = try #require(try await messages.next()?.attempts.attempts.first)
                    #expect(attempt.jobID == id)
                    #expect(try await work.listWorkers(.init()).workers.map(\.running) == [1])
                    let outcome = Martlet_V1_Outcome.with {
                        $0.jobID = attempt.jobID
                        $0.token = attempt.token
                        $0.completed = .init()
                    }
                    for (number, reasons) in [(UInt64(1), []), (2, ["already-settled"])] {
                        send.yield(
                            .with {
                                $0.report.number = number
                                $0.report.outcomes = [outcome]
                            })
                        let settled = try #require(try await messages.next()).settled
                        #expect(settled.number == number)
                        #expect(settled.refused.map(\.refusal.reason) == reasons)
                    }
                    send.yield(.with { $0.drain = .init() })
                    send.yield(.with { $0.report.number = 3 })
                    #expect(try await messages.next()?.settled.number == 3)
                    let left = try await jobs.submit(.with { $0.jobs = [.with { $0.kind = "k" }] }).jobIds[0]
                    #expect(try await jobs.getJob(.with { $0.id = left }).state == .queued)
                    #expect(try await work.listWorkers(.init()).workers.count == 1)
                    send.finish()
                    #expect(try await messages.next() == nil)
                }
                #expect(await running.node.workers().isEmpty)
            }
        }
    }

    @Test("A worker of the largest concurrency comes back with all that it may hold, and hears what is not its own")
    func largestOpening() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let work = Martlet_V1_Work.Client(wrapping: client)
                let (requests, send) = AsyncStream.makeStream(of: Martlet_V1_WorkerMessage.self)
                let job = JobID(high: 0x7000, low: 1 << 63).description
                let most = 2 * running.node.configuration.concurrency
                var opening = Self.open()
                opening.open.held = (1...most).map { token in
                    var held = Martlet_V1_Held()
                    (held.jobID, held.token) = (job, UInt64(token))
                    return held
                }
                send.yield(opening)
                try await work.session { writer in
                    for await request in requests { try await writer.write(request) }
                } onResponse: { response in
                    var messages = response.messages.makeAsyncIterator()
                    let opened = try #require(try await messages.next()).opened
                    #expect(!opened.sessionID.isEmpty)
                    #expect(try await messages.next()?.revoked.attempts.count == most)
                    send.finish()
                    #expect(try await messages.next() == nil)
                }
            }
        }
    }

    @Test("A session that does not begin with Open, or opens twice, or reports nonsense, is ended")
    func protocolErrors() async throws {
        try await Running.gateway { running in
            try await running.grpc { client in
                let work = Martlet_V1_Work.Client(wrapping: client)
                let nonsense = Martlet_V1_WorkerMessage.with { $0.report.outcomes = [.init()] }
                let stories: [([Martlet_V1_WorkerMessage], String)] = [
                    ([.with { $0.heartbeat = .init() }], "open"), ([Self.open(), Self.open()], "open"),
                    ([Self.open(), nonsense], "report.outcomes[0].token"),
                    ([.with { $0.open = .init() }], "open.queues"),
                ]
                for (story, field) in stories {
                    let error = await #expect(throws: RPCError.self) {
                        try await work.session { writer in
                            for message in story { try await writer.write(message) }
                        } onResponse: { response in
                            for try await _ in response.messages {}
                        }
                    }
                    #expect(error?.code == .invalidArgument)
                    #expect(error?.word("martlet-field") == field)
                }
                #expect(await running.node.workers().isEmpty)
            }
        }
    }

    @Test("A session that never opens is ended")
    func neverOpens() async throws {
        // The connection has as long for its greeting.
        try await Running.gateway({ $0.grpc.openTimeout = .seconds(3) }) { running in
            try await running.grpc { client in
                let work = Martlet_V1_Work.Client(wrapping: client)
                let (requests, send) = AsyncStream.makeStream(of: Martlet_V1_WorkerMessage.self)
                let error = await #expect(throws: RPCError.self) {
                    try await work.session { writer in
                        for await request in requests { try await writer.write(request) }
                    } onResponse: { response in
                        defer { send.finish() }
                        for try await _ in response.messages {}
                    }
                }
                #expect(error?.code == .deadlineExceeded)
            }
        }
    }

    @Test("A graceful end says goodbye, drains, and cuts who stays")
    func goodbye() async throws {
        try await Running.gateway({ $0.grpc.goodbyeGrace = .milliseconds(500) }) { running in
            try await running.grpc { client in
                let work = Martlet_V1_Work.Client(wrapping: client)
                let (requests, send) = AsyncStream.makeStream(of: Martlet_V1_WorkerMessage.self)
                send.yield(Self.open())
                // How the stream ends after the goodbye is the transport's to say.
                try? await work.session { writer in
                    for await request in requests { try await writer.write(request) }
                } onResponse: { response in
                    defer { send.finish() }
                    var messages = response.messages.makeAsyncIterator()
                    _ = try await messages.next()
                    await running.services.triggerGracefulShutdown()
                    let last = try await messages.next()
                    #expect(last?.message == .goodbye(.init()))
                    // It is drained: a job that comes now is nobody's.
                    let left = try await running.node.submit([JobSpec(kind: "k")], stamp: nil)[0]
                    #expect(try await running.node.job(left).job.state == .queued)
                    while try await messages.next() != nil {}
                }
                #expect(await running.node.workers().isEmpty)
            }
        }
    }

    @Test("What waits for a worker is merged, in batches, and nothing passes a revocation")
    func merging() throws {
        let job = JobID(high: 0x7000, low: 1 << 63)
        func delivery(_ token: UInt64, bytes: Int = 0) -> Delivery {
            Delivery(
                attempt: AttemptID(job: job, token: FencingToken(token)), number: 1, kind: "k", queue: "q",
                payload: [UInt8](repeating: 0, count: bytes), submittedAt: Running.wall)
        }
        let held = AttemptID(job: job, token: FencingToken(9))
        let late = RefusedOutcome(attempt: held, error: .alreadySettled(held))
        func merge(_ letters: [SessionMessage]) throws -> [Martlet_V1_ServerMessage] {
            try ServerMessages.merge(letters).map { try $0.wire }
        }
        let merged = try merge([
            .attempts([delivery(1)]), .settled(through: 1, refused: []), .attempts([delivery(2)]),
            .settled(through: 2, refused: [late]), .revoked([held]), .attempts([delivery(3)]), .goodbye,
        ])
        #expect(merged.map(\.settled.number) == [2, 0, 0, 0, 0])
        #expect(merged[0].settled.refused.count == 1)
        #expect(merged.map { $0.attempts.attempts.map(\.token) } == [[], [1, 2], [], [3], []])
        #expect(merged[2].revoked.attempts.map(\.token) == [9])
        #expect(merged[4].message == .goodbye(.init()))
        let large = try merge([.attempts([1, 2, 3].map { delivery($0, bytes: 600_000) })])
        #expect(large.map(\.attempts.attempts.count) == [1, 1, 1])
        let many = try merge([.attempts((1...2500).map { delivery($0) })])
        #expect(many.map(\.attempts.attempts.count) == [1000, 1000, 500])
    }

    @Test("A mailbox that is full ends its reader instead of dropping a letter")
    func overflow() async throws {
        let mailbox = Mailbox<Int>(capacity: 2)
        mailbox.send(1)
        mailbox.send(2)
        #expect(try await mailbox.take() == [1, 2])
        for letter in 3...5 { mailbox.send(letter) }
        await #expect(throws: Mailbox<Int>.Overflow.self) { try await mailbox.take() }
        let closed = Mailbox<Int>(capacity: 2)
        closed.send(1)
        closed.close()
        closed.send(2)
        #expect(try await closed.take() == [1])
        #expect(try await closed.take() == nil)
    }
}
