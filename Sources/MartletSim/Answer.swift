import MartletNode

/// The first answer to a call, and who waits for it.
@Simulated
final class Answer<Value: Sendable> {
    private var given = false
    private var value: Result<Value, NodeError>?
    private var waiting: CheckedContinuation<Void, Never>?

    func give(_ value: Result<Value, NodeError>?) {
        guard !given else { return }
        given = true
        self.value = value
        waiting?.resume()
        waiting = nil
    }

    func wait() async -> Result<Value, NodeError>? {
        if !given { await withCheckedContinuation { waiting = $0 } }
        return value
    }
}
