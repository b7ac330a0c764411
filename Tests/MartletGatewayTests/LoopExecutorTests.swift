import MartletWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import MartletGateway

@Suite("Tasks on the loop of the connections", .timeLimit(.minutes(1)))
struct LoopExecutorTests {
    private final class Steps: Sendable {
        let all = Mutex<[String]>([])

        func add(_ step: String) { all.withLock { $0.append(step) } }
    }

    @Test("Tasks that take long make way after a short time, and not after many of them")
    func longTasks() async throws {
        let serving = ServingLoop()
        let (executor, line, steps) = (serving.executor, serving.line, Steps())
        let tasks = try await serving.group.next().submit { @Sendable () -> [Task<Void, Never>] in
            let peer = FairLine.Peer()
            line.know(peer)
            line.wait(peer) { steps.add("peer") }
            return (0..<20).map { _ in
                Task(executorPreference: executor) {
                    LongWork.last()
                    steps.add("task")
                }
            }
        }.get()
        for task in tasks { await task.value }
        let place = try #require(steps.all.withLock { $0 }.firstIndex(of: "peer"))
        #expect(place <= 3)
        try await serving.group.shutdownGracefully()
    }
}
