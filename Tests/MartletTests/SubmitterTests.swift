import MartletWire
import SwiftProtobuf
import Testing

@testable import Martlet

@Suite("The callers of a client", .timeLimit(.minutes(1)))
struct SubmitterTests {
    @Test("Once it is closed and nobody waits, nothing is sent or awaited any more, answered or not")
    func closedWithoutCallers() async throws {
        // Given a request that is written, and whose caller has no patience
        let submitter = Submitter(patience: .zero) { "client" }
        let caller = Task { try await submitter.submit(1) { [Martlet_V1_JobSpec.with { $0.kind = "k" }] } }
        while submitter.waiting == 0 { await Task.yield() }
        let first = submitter.next(at: .now)

        submitter.close()
        let isFinishedEarly = submitter.isFinished
        submitter.expire(at: .now)
        submitter.streamEnded(MartletError(.unavailable, "the server is gone"))
        let last = submitter.next(at: .now)

        let error = await #expect(throws: MartletError.self) { try await caller.value }
        #expect(error?.code == .outcomeUnknown)
        #expect(!isFinishedEarly)
        #expect(submitter.isFinished)
        guard case .write = first, case .finish = last else {
            Issue.record("\(first) and then \(last)")
            return
        }
    }
}
