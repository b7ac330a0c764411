import GRPCCore
import Logging
import MartletWire
import ServiceLifecycle
import SwiftProtobuf
import Testing

@testable import Martlet

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A worker, over the wire", .timeLimit(.minutes(1)))
struct WorkerTests {
    struct Boom: CodedFailure { var failureCode: String { "boom" } }

    /// Runs the worker against the script, calls `body`, and then shuts the worker down gracefully.
    func withWorker(
        drainTimeout: Duration = .seconds(5), serve: @escaping @Sendable (StubWork.Stream) async throws -> Void,
        handlers: (MartletWorker) -> Void, body: () async throws -> Void
    ) async throws {
        try await StubServer.with([StubWork(serve)]) { stub in
            let worker = MartletWorker(stub.address, concurrency: 50, name: "test", drainTimeout: drainTimeout)
            handlers(worker)
            let services = ServiceGroup(services: [worker], logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                try await body()
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    /// A server that opens the session, sends the attempts, passes every message on and settles every report.
    func script(
        _ attempts: [Martlet_V1_Attempt], heartbeat: Duration = .seconds(5),
        to messages: AsyncStream<Martlet_V1_WorkerMessage>.Continuation
    ) -> @Sendable (StubWork.Stream) async throws -> Void {
        { stream in
            for try await message in stream.messages {
                messages.yield(message)
                switch message.message {
                case .open:
                    try await stream.opened(heartbeat: heartbeat)
                    if !attempts.isEmpty { try await stream.send { $0.attempts.attempts = attempts } }
                case .report(let report): try await stream.settled(report.number)
                default: break
                }
            }
        }
    }

    /// The next outcomes, by job.
    func outcomes(
        _ count: Int, from messages: AsyncStream<Martlet_V1_WorkerMessage>
    ) async -> [String: Martlet_V1_Outcome] {
        var found: [String: Martlet_V1_Outcome] = [:]
        for await message in messages {
            for outcome in message.report.outcomes { found[outcome.jobID] = outcome }
            if found.count >= count { break }
        }
        return found
    }

    @Test("Each ending of a handler is reported for what it is")
    func endingsAreReported() async throws {
        let (messages, inbox) = AsyncStream<Martlet_V1_WorkerMessage>.makeStream()
        let attempts: [Martlet_V1_Attempt] = [
            .make("typed", kind: EmailJob.kind, payload: #"{"to":"a@b","subject":"hi"}"#),
            .make("garbled", kind: EmailJob.kind, payload: "?"),
            .make("refused", kind: "refuse"), .make("later", kind: "retry"), .make("threw", kind: "throw"),
            .make("unknown", kind: "nobody's"),
        ]
        try await withWorker(serve: script(attempts, to: inbox)) { worker in
            worker.handle(EmailJob.self) { job, _ in .init(messageID: job.to) }
            worker.handle(kind: "refuse") { _, _ in throw RefuseJob(message: "never") }
            worker.handle(kind: "retry") { _, _ in throw RetryJob(after: .seconds(90), message: "busy") }
            worker.handle(kind: "throw") { _, _ in throw Boom() }
        } body: {
            let outcomes = await outcomes(6, from: messages)

            #expect(outcomes["typed"]?.completed.result == Data(#"{"messageID":"a@b"}"#.utf8))
            #expect(outcomes["garbled"]?.failed.failure.code == "error")
            #expect(outcomes["refused"]?.failed.isFinal == true)
            #expect(outcomes["refused"]?.failed.failure.code == "refused")
            #expect(outcomes["later"]?.failed.isFinal == false)
            #expect(outcomes["later"]?.failed.retryAfter.seconds == 90)
            #expect(outcomes["threw"]?.failed.failure.code == "boom")
            #expect(outcomes["unknown"]?.failed.failure.code == "no-handler")
        }
    }

    @Test("Over a lost connection the session goes on, and what ran meanwhile is reported")
    func sessionIsResumed() async throws {
        let (outcomes, outbox) = AsyncStream<Martlet_V1_Outcome>.makeStream()
        let (opens, openings) = AsyncStream<Martlet_V1_Open>.makeStream()
        let (started, release) = (Gate(), Gate())
        try await withWorker { stream in
            for try await message in stream.messages {
                switch message.message {
                case .open(let open):
                    openings.yield(open)
                    try await stream.opened()
                    guard stream.number == 1 else { continue }
                    try await stream.attempts(.make("a", token: 9))
                    await started.passed()
                    return
                case .report(let report):
                    for outcome in report.outcomes { outbox.yield(outcome) }
                    try await stream.settled(report.number)
                default: break
                }
            }
        } handlers: { worker in
            worker.handleAny { _, _ in
                started.open()
                await release.passed()
                return [42]
            }
        } body: {
            var opens = opens.makeAsyncIterator()
            let (first, second) = (await opens.next(), await opens.next())
            release.open()
            let outcome = await outcomes.first { _ in true }

            #expect(first?.sessionID == "")
            #expect((first?.name, first?.queues, first?.concurrency) == ("test", ["default"], 50))
            #expect(second?.sessionID == "s1")
            #expect(second?.held.map { [$0.jobID, "\($0.token)"] } == [["a", "9"]])
            #expect(outcome?.token == 9)
            #expect(outcome?.completed.result == Data([42]))
        }
    }

    @Test("An attempt that takes too long is cancelled and has failed, whatever its handler does")
    func timeoutCancels() async throws {
        let (messages, inbox) = AsyncStream<Martlet_V1_WorkerMessage>.makeStream()
        let cancelled = Gate()
        let attempt = Martlet_V1_Attempt.make("slow", timeout: .milliseconds(30))
        try await withWorker(serve: script([attempt], to: inbox)) { worker in
            worker.handleAny { _, _ in
                await Gate().passed()
                if Task.isCancelled { cancelled.open() }
                return []
            }
        } body: {
            let outcome = await outcomes(1, from: messages)["slow"]

            #expect(outcome?.failed.failure.code == "timeout")
            #expect(outcome?.failed.isFinal == false)
            await cancelled.passed()
        }
    }

    @Test("A revoked attempt's handler is cancelled, and its ending is not reported")
    func revokedIsCancelled() async throws {
        let (messages, inbox) = AsyncStream<Martlet_V1_WorkerMessage>.makeStream()
        let (started, cancelled) = (Gate(), Gate())
        try await withWorker { stream in
            for try await message in stream.messages {
                inbox.yield(message)
                switch message.message {
                case .open:
                    try await stream.opened()
                    try await stream.attempts(.make("gone", token: 3))
                    await started.passed()
                    try await stream.send { $0.revoked.attempts = [.with { ($0.jobID, $0.token) = ("gone", 3) }] }
                    await cancelled.passed()
                    try await stream.attempts(.make("next", kind: "quick"))
                case .report(let report): try await stream.settled(report.number)
                default: break
                }
            }
        } handlers: { worker in
            worker.handle(kind: "quick") { _, _ in [] }
            worker.handleAny { _, _ in
                started.open()
                await Gate().passed()
                cancelled.open()
                return []
            }
        } body: {
            #expect(await Array(outcomes(1, from: messages).keys) == ["next"])
        }
    }

    @Test("A graceful end lets a handler finish, takes nothing new, and says so first")
    func drainFinishes() async throws {
        let (messages, inbox) = AsyncStream<Martlet_V1_WorkerMessage>.makeStream()
        let (started, draining) = (Gate(), Gate())
        try await withWorker { stream in
            for try await message in stream.messages {
                inbox.yield(message)
                switch message.message {
                case .open:
                    try await stream.opened()
                    try await stream.attempts(.make("running"))
                case .drain:
                    try await stream.attempts(.make("too-late"))
                    draining.open()
                case .report(let report): try await stream.settled(report.number)
                default: break
                }
            }
            inbox.finish()
        } handlers: { worker in
            worker.handleAny { _, _ in
                started.open()
                await draining.passed()
                return [1]
            }
        } body: {
            await started.passed()
        }
        var said: [String] = []
        for await message in messages {
            if message.message == .drain(.init()) { said.append("drain") }
            for outcome in message.report.outcomes {
                if case .completed = outcome.ending { said.append("completed \(outcome.jobID)") }
                if case .released = outcome.ending { said.append("released \(outcome.jobID)") }
            }
        }
        #expect(said.first == "drain")
        #expect(said.dropFirst().sorted() == ["completed running", "released too-late"])
    }

    @Test("A graceful end gives back what does not end in time: handlers that obey and handlers that do not")
    func drainReleases() async throws {
        let (messages, inbox) = AsyncStream<Martlet_V1_WorkerMessage>.makeStream()
        let (obedient, stubborn, never) = (Gate(), Gate(), Gate())
        let attempts: [Martlet_V1_Attempt] = [.make("obedient", kind: "obedient"), .make("stubborn", kind: "stubborn")]
        try await withWorker(drainTimeout: .milliseconds(20), serve: script(attempts, to: inbox)) { worker in
            worker.handle(kind: "obedient") { _, _ in
                obedient.open()
                await Gate().passed()
                try Task.checkCancellation()
                return []
            }
            worker.handle(kind: "stubborn") { _, _ in
                stubborn.open()
                // In a task of its own it does not hear of the cancellation.
                await Task { await never.passed() }.value
                return []
            }
        } body: {
            await obedient.passed()
            await stubborn.passed()
        }
        let outcomes = await outcomes(2, from: messages)
        #expect(outcomes["obedient"]?.ending == .released(.init()))
        #expect(outcomes["stubborn"]?.ending == .released(.init()))
        never.open()
    }

    @Test("After a goodbye the worker reports, closes, and comes back with the same session")
    func goodbyeIsFollowedByReturn() async throws {
        let (opens, openings) = AsyncStream<Martlet_V1_Open>.makeStream()
        try await withWorker { stream in
            for try await message in stream.messages where message.message.map({ "\($0)".contains("open") }) == true {
                openings.yield(message.open)
                try await stream.opened()
                if stream.number == 1 { try await stream.send { $0.goodbye = .init() } }
            }
        } handlers: { _ in
        } body: {
            var opens = opens.makeAsyncIterator()
            #expect(await opens.next()?.sessionID == "")
            #expect(await opens.next()?.sessionID == "s1")
        }
    }
}
