public import MartletCore

/// One attempt on its way to a worker.
public struct Delivery: Equatable, Sendable {
    public var attempt: AttemptID
    public var number: Int
    public var kind: String
    public var queue: String
    public var payload: [UInt8]
    public var timeout: Duration?
    public var traceparent: String?
    public var submittedAt: Timestamp
    /// How long the lease lasts. Nil: as long as the session.
    public var lease: Duration?
}

/// How an attempt ended, by its worker's word.
public struct AttemptOutcome: Equatable, Sendable {
    public var attempt: AttemptID
    public var ending: Ending

    public enum Ending: Equatable, Sendable {
        case completed(result: [UInt8])
        case failed(Failure, isFinal: Bool, retryAfter: Duration?)
        case released
    }

    public init(attempt: AttemptID, ending: Ending) {
        self.attempt = attempt
        self.ending = ending
    }
}

/// An outcome that was not accepted, and why.
public struct RefusedOutcome: Equatable, Sendable {
    public var attempt: AttemptID
    public var error: NodeError
}

/// What a worker says when its stream opens.
public struct SessionOpening: Equatable, Sendable {
    /// The session to go on with; nil opens a new one.
    public var resuming: SessionID?
    public var name: String
    public var queues: [String]
    public var concurrency: Int
    /// What a resuming worker still works on, or has not had settled.
    public var held: [AttemptID]

    public init(resuming: SessionID?, name: String, queues: [String], concurrency: Int, held: [AttemptID]) {
        self.resuming = resuming
        self.name = name
        self.queues = queues
        self.concurrency = concurrency
        self.held = held
    }
}

/// One connection of a session: a later connection of the same session takes over from it.
public struct SessionConnection: Hashable, Sendable {
    public var session: SessionID
    public var connection: UInt64
}

/// What the node tells a worker. Called on the node's loop, in order; must not block.
public enum SessionMessage: Sendable {
    case attempts([Delivery])
    /// The reports up to this number are durable, but for the outcomes refused.
    case settled(through: UInt64, refused: [RefusedOutcome])
    /// Attempts that are no longer the worker's.
    case revoked([AttemptID])
    /// The node is going: nothing new comes, and what the worker has it may report.
    case goodbye
    /// This connection speaks for no session any more: whatever is said on it is not heard.
    case ended
}

/// What `workers` shows.
public struct WorkerStatus: Equatable, Sendable {
    public var session: SessionID
    public var name: String
    public var queues: [String]
    public var concurrency: Int
    public var running: Int
    public var connectedAt: Timestamp
    public var lastSeenAt: Timestamp
    public var isConnected: Bool
}
