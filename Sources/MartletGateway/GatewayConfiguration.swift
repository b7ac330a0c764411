/// What an operator may set of the gateway.
public struct GatewayConfiguration: Equatable, Sendable {
    public var http = HTTP()
    public var grpc = GRPC()
    /// Connections at one time, over both ports. One more is closed at once.
    public var maxConnections = 10_000
    /// How long a peer may not read what is written to it before it is cut.
    public var writeStallTimeout = Duration.seconds(30)
    /// Bytes of requests that have not arrived whole, over all connections. Above it the oldest of them make way.
    public var partBytes = 24 << 20
    /// Bytes of answers that are not read, over all connections. Above it the oldest of them make way.
    public var unreadBytes = 16 << 20
    /// How long what is in flight may take when the gateway is asked to end.
    public var shutdownTimeout = Duration.seconds(10)
    /// Shown by `/metrics`.
    public var version = "0.0.0"

    public init() {}

    public struct HTTP: Equatable, Sendable {
        /// A name or an address.
        public var host = "127.0.0.1"
        /// 0 lets the system choose.
        public var port = 7480
        /// Bytes of a body: a batch of 8 MiB in base64 (4/3), and what is around it.
        public var maxBodyBytes = 12 << 20
        /// Until a connection says something; and from then to the end of its first head.
        public var headTimeout = Duration.seconds(10)
        /// Without a request in progress.
        public var idleTimeout = Duration.seconds(60)
        /// From the end of the head to the end of the body: the slowest rate is the body's size over this.
        public var bodyTimeout = Duration.seconds(30)
        /// Requests of one connection that may wait for their answers; what comes after them is refused.
        public var maxPipelined = 64
        public var maxHeaders = 100
        /// Bytes of all headers.
        public var maxHeaderBytes = 16 << 10
        /// How long a connection that is being closed may still send, so that it sees the answer.
        public var lingering = Duration.seconds(2)

        public init() {}
    }

    public struct GRPC: Equatable, Sendable {
        /// A name or an address.
        public var host = "127.0.0.1"
        /// 0 lets the system choose.
        public var port = 7481
        public var maxConcurrentStreams = 100
        /// Calls at one time, over all connections. One more is refused, and may be tried again.
        public var maxCalls = 20_000
        public var maxMessageBytes = 12 << 20
        /// Without a call.
        public var maxIdle = Duration.seconds(120)
        /// None: an age would cut every worker's session again and again, and a session that lives does no harm. Whoever
        /// is gone is found by the keepalive. Behind a balancer that must spread connections, set it.
        public var maxAge: Duration?
        /// How long the calls of a connection that is too old may go on.
        public var maxAgeGrace = Duration.seconds(70)
        public var keepaliveTime = Duration.seconds(60)
        public var keepaliveTimeout = Duration.seconds(10)
        /// How often a client may ping, by gRPC's own rule, which sees only what `FrameGuard` does not answer: a ping that
        /// comes in two reads.
        public var shortestClientPing = Duration.seconds(10)
        /// HTTP/2's window of one connection and of each of its streams, before the peer waits.
        public var windowBytes = 1 << 20
        /// How long a connection may say nothing, though it is asked by the keepalive.
        var silence: Duration { keepaliveTime + keepaliveTimeout * 2 }
        /// Frames and messages that carry next to nothing: so many at once ...
        public var idleFrames = 1_000
        /// What a new connection has of them.
        public var firstIdleFrames = 150
        /// ... and so many each second. Those that answers and calls bring with them are not counted. A call that
        /// is given up counts as nine.
        public var idleFramesPerSecond = 500
        /// Frames of one connection that are taken in before the others have their turn, and four times as many once it
        /// has been answered; the start of a call counts as eight.
        public var framesPerTurn = 16
        /// Messages of one call that are taken in before the others have their turn, of 128 KiB at most.
        public var messagesPerTurn = 16
        /// From the first byte of a message, or the start of a call with one request, to its end.
        public var messageTimeout = Duration.seconds(30)
        /// Until a connection says something, from then to its first frame, and from the start of a `Session` to its `Open`.
        public var openTimeout = Duration.seconds(10)
        /// How long a worker may still report after `Goodbye`.
        public var goodbyeGrace = Duration.seconds(5)
        /// How often `Health.Watch` looks.
        public var healthInterval = Duration.seconds(5)

        public init() {}
    }
}

/// The ports that the gateway is bound to.
public struct GatewayPorts: Equatable, Sendable {
    public var http: Int
    public var grpc: Int
}
