/// A thing that happens once, to one who waits for it.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func send() {
        continuation.yield()
        continuation.finish()
    }

    /// Returns when it was sent, or when the task is cancelled.
    func wait() async {
        for await _ in stream { return }
    }
}
