import GRPCCore
import MartletWire
import NIOCore
import SwiftProtobuf
import Testing

@testable import Martlet

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("An outcome that the server cannot read", .timeLimit(.minutes(1)))
struct UnreadOutcomeTests {
    typealias State = SessionState<Int>

    /// Settles what it can read, and ends the stream over what it cannot.
    private struct Server {
        let canRead: (Martlet_V1_Outcome) -> Bool
        var read: [Martlet_V1_Outcome] = []
        var streams = 0

        init(canRead: @escaping (Martlet_V1_Outcome) -> Bool) { self.canRead = canRead }

        /// As many streams as it takes, and no more than a few dozen.
        mutating func serve(_ state: inout State) {
            var isDone = false
            while !isDone, streams < 50 {
                streams += 1
                isDone = serveStream(&state)
            }
        }

        /// False: it has ended the stream.
        private mutating func serveStream(_ state: inout State) -> Bool {
            _ = state.open(name: "w", queues: ["default"], concurrency: 1_000)
            _ = state.opened("s1")
            while true {
                var reports: [Martlet_V1_Report] = []
                while case .send(let message) = state.next() { reports.append(message.report) }
                guard !reports.isEmpty else { return true }
                for report in reports {
                    guard report.outcomes.allSatisfy(canRead) else {
                        _ = state.blamed("report.outcomes: no")
                        return false
                    }
                    read += report.outcomes
                    _ = state.settled(.with { $0.number = report.number })
                }
            }
        }
    }

    /// A session whose attempts have all ended, the first ones reported.
    private func ended(_ count: Int) -> State {
        var state = State()
        _ = state.open(name: "w", queues: ["default"], concurrency: 1_000)
        _ = state.opened("s1")
        let ids = (0..<count).map { "\($0)" }
        _ = state.received(ids.map { .make($0) }, at: .now())
        for (index, id) in ids.enumerated() {
            state.ended(.completed(State.Key(jobID: id, token: 1), result: Data()))
            if index == count / 3 { _ = state.next() }
        }
        return state
    }

    @Test(
        "It is found among all the others, which count, and a failure stands in its place",
        arguments: [0, 7, 617, 999])
    func found(bad: Int) {
        var state = ended(1_000)
        var server = Server { $0.jobID != "\(bad)" || !$0.failed.failure.code.isEmpty }

        server.serve(&state)

        #expect(server.streams <= 13)
        #expect(Set(server.read.map(\.jobID)).count == 1_000)
        #expect(server.read.filter { $0.failed.failure.code == "outcome-unread" }.map(\.jobID) == ["\(bad)"])
        #expect(state.unsettled == 0 && state.search == nil)
    }

    @Test("When nothing that is said of an attempt can be read, it is left unsaid")
    func unsaid() {
        var state = ended(1_000)
        var server = Server { $0.jobID != "617" }

        server.serve(&state)

        #expect(server.streams < 50)
        #expect(Set(server.read.map(\.jobID)).count == 999)
        #expect(state.unsettled == 0)
    }

    @Test("A failure that was final stays so")
    func fate() {
        let key = State.Key(jobID: "a", token: 1)
        for isFinal in [true, false] {
            let failed = Martlet_V1_Outcome.failed(
                key, code: "error", message: "no", isFinal: isFinal, retryAfter: .seconds(9))
            #expect(failed.unread("no")?.failed.isFinal == isFinal)
        }
    }

    @Test("It does not end the worker, over the wire")
    func workerGoesOn() async throws {
        let (outcomes, outbox) = AsyncStream<Martlet_V1_Outcome>.makeStream()
        try await WorkerTests().withWorker { stream in
            for try await message in stream.messages {
                switch message.message {
                case .open:
                    try await stream.opened()
                    if stream.number == 1 { try await stream.attempts(.make("bad"), .make("good")) }
                case .report(let report):
                    for outcome in report.outcomes where outcome.jobID == "bad" {
                        guard outcome.failed.failure.code.isEmpty else { continue }
                        throw RPCError(code: .invalidArgument, message: "report.outcomes: no")
                    }
                    for outcome in report.outcomes { outbox.yield(outcome) }
                    try await stream.settled(report.number)
                default: break
                }
            }
        } handlers: { worker in
            worker.handleAny { _, _ in [] }
        } body: {
            var codes: [String: String] = [:]
            for await outcome in outcomes {
                codes[outcome.jobID] = outcome.failed.failure.code
                if codes.count == 2 { break }
            }
            #expect(codes == ["good": "", "bad": "outcome-unread"])
        }
    }

    @Test("A worker that the server will not have ends with the server's word")
    func refusedWorker() async throws {
        let work = StubWork { stream in
            for try await _ in stream.messages { throw RPCError(code: .invalidArgument, message: "open.queues: no") }
        }
        try await StubServer.with([work]) { stub in
            let error = await #expect(throws: MartletError.self) {
                try await MartletWorker(stub.address, queues: []).run()
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}
