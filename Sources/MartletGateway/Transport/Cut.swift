internal import NIOCore

/// Cuts a connection, or one of its calls.
///
/// A call ends with a word to its peer. While the connection takes nothing that word waits, and with it all that the call
/// had to write: cutting it would free nothing. So then its connection is cut.
struct Cut: Sendable {
    /// A call's stream, or a connection.
    let channel: any Channel
    /// What a call is on. None for a connection: the parent of a socket is the listener.
    let connection: (any Channel)?

    func callAsFunction() {
        guard let connection, !connection.isWritable else { return channel.close(promise: nil) }
        // Not now: it may be in the middle of a write.
        connection.eventLoop.execute { connection.close(promise: nil) }
    }
}
