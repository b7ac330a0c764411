import MartletLog
import MartletLogTesting
import Testing

@Suite("The log in memory")
struct InMemoryLogTests {
    @Test("The log in memory keeps the law:", arguments: LogConformance.laws)
    func keeps(_ law: LogLaw) async throws {
        try await law.hold(MemoryFixture())
    }

    @Test("A handle that is closed leaves the others open")
    func handlesCloseAlone() async throws {
        let first = InMemoryLog(partition: 7)
        let second = first.reopened()
        await first.close()
        #expect(try await second.head() == .empty)
        #expect(second.incarnation == first.incarnation)
    }
}

private struct MemoryFixture: LogFixture {
    private let log = InMemoryLog(partition: LogConformance.partition)

    func open() async throws -> any EventLog { log.reopened() }
    func openAfterCrash(of log: any EventLog) async throws -> any EventLog { self.log.reopened() }
    func openHandles(_ count: Int) async throws -> [any EventLog] { (0..<count).map { _ in log.reopened() } }
}
