internal import NIOCore
internal import Synchronization

/// How many connections may be open at one time, over both ports. One more is closed at once.
final class ConnectionLimit: Sendable {
    struct Reached: Error {}

    private let limit: Int
    private let open = Mutex(0)

    init(_ limit: Int) { self.limit = limit }

    /// Counts the connection until it closes, or closes it and throws.
    func admit(_ channel: any Channel) throws(Reached) {
        let isAdmitted = open.withLock { open in
            guard open < limit else { return false }
            open += 1
            return true
        }
        guard isAdmitted else {
            channel.close(promise: nil)
            throw Reached()
        }
        channel.closeFuture.whenComplete { [self] _ in open.withLock { $0 -= 1 } }
    }
}
