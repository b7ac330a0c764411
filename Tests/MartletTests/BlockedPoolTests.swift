import Dispatch
import GRPCCore
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

@Suite("Handlers that block", .timeLimit(.minutes(1)))
struct BlockedPoolTests {
    /// Until it is let go, no thread of the global pool that comes here goes on.
    final class Blockade: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        let blocked = Atomic(0)

        func block() {
            blocked.add(1, ordering: .sequentiallyConsistent)
            semaphore.wait()
            semaphore.signal()
        }

        func letGo() { semaphore.signal() }
    }

    @Test("Heartbeats go on while handlers block every thread of the global pool for longer than the grace")
    func heartbeatsGoOn() async throws {
        let blockade = Blockade()
        let blockedAtEnd = Atomic(0)
        let heartbeats = Counter()
        let gaps = Mutex<[Duration]>([])
        let done = Gate()
        let grace = Duration.seconds(3)
        let threads = ProcessInfo.processInfo.activeProcessorCount
        // Given a server on a thread of its own that lets the handlers go only after eight heartbeats of 500 ms
        let work = StubWork { stream in
            var last = ContinuousClock.now
            for try await message in stream.messages {
                switch message.message {
                case .open:
                    try await stream.opened(heartbeat: .milliseconds(500))
                    try await stream.send { $0.attempts.attempts = (0..<64).map { .make("job-\($0)") } }
                    last = .now
                // Other tests may hold a thread for a while: what counts begins when all of them are blocked.
                case .heartbeat where blockade.blocked.load(ordering: .sequentiallyConsistent) >= threads:
                    gaps.withLock { $0.append(.now - last) }
                    last = .now
                    guard heartbeats.next() == 8 else { continue }
                    blockedAtEnd.store(
                        blockade.blocked.load(ordering: .sequentiallyConsistent), ordering: .sequentiallyConsistent)
                    blockade.letGo()
                case .report(let report):
                    try await stream.settled(report.number)
                    done.open()
                default: last = .now
                }
            }
        }

        try await StubServer.with([work]) { stub in
            let worker = MartletWorker(stub.address, concurrency: 64)
            worker.handleAny { _, _ in
                blockade.block()
                return []
            }
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                await done.passed()
                group.cancelAll()
            }
        }

        let longest = gaps.withLock { $0.max() }
        #expect(blockedAtEnd.load(ordering: .sequentiallyConsistent) >= threads)
        #expect(try #require(longest) < grace)
    }
}
