internal import NIOCore
internal import Synchronization

/// How many connections, or calls, may be open at one time. One more is closed at once.
final class ConnectionLimit: Sendable {
    struct Reached: Error {}

    private let limit: Int
    private let onChurn: @Sendable () -> Void
    private struct State {
        var open = 0
        var gone = 0
    }
    private let state = Mutex(State())

    /// So many that came and went leave memory behind that is worth giving back.
    private static let churn = 250

    /// `onChurn` is called, on the loop, each time that many have gone.
    init(_ limit: Int, onChurn: @escaping @Sendable () -> Void = {}) {
        self.limit = limit
        self.onChurn = onChurn
    }

    /// Counts the connection until it closes, or closes it and throws.
    func admit(_ channel: any Channel) throws(Reached) {
        guard count(channel) else {
            channel.close(promise: nil)
            throw Reached()
        }
    }

    /// Counts the channel until it closes; false: there are as many as may be.
    func count(_ channel: any Channel) -> Bool {
        let isAdmitted = state.withLock { state in
            guard state.open < limit else { return false }
            state.open += 1
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { [self] _ in leave() } }
        return isAdmitted
    }

    private func leave() {
        let isChurn = state.withLock { state in
            state.open -= 1
            state.gone += 1
            guard state.gone >= Self.churn else { return false }
            state.gone = 0
            return true
        }
        if isChurn { onChurn() }
    }
}
