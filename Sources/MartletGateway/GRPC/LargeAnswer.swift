internal import GRPCCore
internal import Synchronization

/// An answer that is let go of once it is written.
///
/// gRPC keeps a response until the peer has taken its end, and the message in it as well: in memory a list weighs nine
/// times the bytes that it is written in, and only those are counted among what is not read.
final class LargeAnswer<Message: Sendable>: Sendable {
    private let message: Mutex<Message?>

    init(_ message: Message) { self.message = Mutex(message) }

    var response: StreamingServerResponse<Message> {
        StreamingServerResponse { writer in
            if let message = self.message.withLock({ $0.take() }) { try await writer.write(message) }
            return [:]
        }
    }
}

/// An answer that was made into bytes before.
struct WrittenAnswer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ bytes: [UInt8]) throws -> Bytes { Bytes(bytes) }
}

/// Serves a call of one request and one large answer.
func answer<Request: Sendable, Message: Sendable>(
    _ request: StreamingServerRequest<Request>, _ call: (Request) async throws -> Message
) async throws -> StreamingServerResponse<Message> {
    LargeAnswer(try await call(try await ServerRequest(stream: request).message)).response
}
