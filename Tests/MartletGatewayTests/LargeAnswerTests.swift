import GRPCCore
import Testing

@testable import MartletGateway

@Suite("A large answer")
struct LargeAnswerTests {
    private final class Message: Sendable {}

    private struct Sink: RPCWriterProtocol {
        let onWrite: @Sendable (Message) -> Void

        func write(_ element: Message) async throws { onWrite(element) }
        func write(contentsOf elements: some Sequence<Message>) async throws { elements.forEach(onWrite) }
    }

    @Test("It is written once, and not kept by the response that is still being taken")
    func letGo() async throws {
        weak var kept: Message?
        let response = try await answer(
            StreamingServerRequest(metadata: [:], messages: RPCAsyncSequence(wrapping: one()))
        ) { (_: Int) in
            let message = Message()
            kept = message
            return message
        }
        #expect(kept != nil)

        try await confirmation("it is written") { written in
            _ = try await response.accepted.get().producer(RPCWriter(wrapping: Sink { _ in written() }))
        }

        #expect(kept == nil)
        withExtendedLifetime(response) {}
    }

    private func one() -> AsyncThrowingStream<Int, any Error> {
        AsyncThrowingStream {
            $0.yield(1)
            $0.finish()
        }
    }
}
