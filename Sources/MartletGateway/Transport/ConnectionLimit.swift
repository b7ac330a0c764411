internal import NIOCore
internal import Synchronization

/// How many connections, or calls, may be open at one time. One more is closed at once.
final class ConnectionLimit: Sendable {
    struct Reached: Error {}

    private let limit: Int
    private let onCalm: @Sendable () -> Void
    private struct State {
        var open = 0
        var most = 0
    }
    private let state = Mutex(State())

    /// A crowd of so many that goes leaves memory behind that is worth giving back.
    private static let crowd = 1_000

    /// `onCalm` is called, on the loop, when most of a crowd has gone.
    init(_ limit: Int, onCalm: @escaping @Sendable () -> Void = {}) {
        self.limit = limit
        self.onCalm = onCalm
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
            state.most = max(state.most, state.open)
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { [self] _ in leave() } }
        return isAdmitted
    }

    private func leave() {
        let isCalm = state.withLock { state in
            state.open -= 1
            guard state.most >= Self.crowd, state.open <= state.most / 4 else { return false }
            state.most = state.open
            return true
        }
        if isCalm { onCalm() }
    }
}
