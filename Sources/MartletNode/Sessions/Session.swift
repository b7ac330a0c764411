import MartletCore

/// One worker's session, as the leader sees it.
struct Session {
    let id: SessionID
    var name: String
    var queues: [String]
    var concurrency: Int
    /// Attempts that it holds.
    var running = 0
    /// The worker said that it takes nothing new.
    var isDraining = false
    var connectedAt: Timestamp
    var lastSeenAt: Timestamp
    /// The connection that speaks for it; nil while the grace runs.
    var connection: UInt64?
    var sink: (@Sendable (SessionMessage) -> Void)?
    /// What it has said and waits for: what it says next waits behind that.
    fileprivate(set) var waits = 0
    /// A timer is set that will look whether it is still heard.
    fileprivate(set) var isWatched = false

    /// How many attempts it can take now.
    var credit: Int { connection == nil || isDraining ? 0 : max(0, concurrency - running) }

    var status: WorkerStatus {
        WorkerStatus(
            session: id, name: name, queues: queues, concurrency: concurrency, running: running,
            connectedAt: connectedAt, lastSeenAt: lastSeenAt, isConnected: connection != nil)
    }
}

/// All sessions of a node. Pure: who calls it decides on time and does what it answers.
struct SessionTable {
    private(set) var sessions: [SessionID: Session] = [:]
    private var nextConnection: UInt64 = 1

    var count: Int { sessions.count }

    /// By the time they connected, then by id.
    var statuses: [WorkerStatus] {
        sessions.values.map(\.status).sorted {
            ($0.connectedAt, $0.session.high, $0.session.low) < ($1.connectedAt, $1.session.high, $1.session.low)
        }
    }

    subscript(id: SessionID) -> Session? { sessions[id] }

    /// A session whose worker may come back: found running in the log after a restart.
    mutating func expect(_ id: SessionID, running: Int, at now: Timestamp) {
        sessions[id] = Session(
            id: id, name: "", queues: [], concurrency: 0, running: running, connectedAt: now, lastSeenAt: now)
    }

    /// Connects a new session, or the next connection of a known one.
    ///
    /// - Returns: the connection, and the sink of the one that it took over from.
    mutating func connect(
        _ id: SessionID, _ opening: SessionOpening, at now: Timestamp,
        sink: @escaping @Sendable (SessionMessage) -> Void
    ) -> (connection: SessionConnection, replaced: (@Sendable (SessionMessage) -> Void)?) {
        var session =
            sessions[id]
            ?? Session(id: id, name: "", queues: [], concurrency: 0, connectedAt: now, lastSeenAt: now)
        let replaced = session.sink
        session.name = opening.name
        session.queues = opening.queues
        session.concurrency = opening.concurrency
        session.isDraining = false
        session.lastSeenAt = now
        session.connection = nextConnection
        session.sink = sink
        sessions[id] = session
        defer { nextConnection += 1 }
        return (SessionConnection(session: id, connection: nextConnection), replaced)
    }

    /// Whether the connection still speaks for its session.
    func isCurrent(_ connection: SessionConnection) -> Bool {
        sessions[connection.session]?.connection == connection.connection
    }

    func sink(of connection: SessionConnection) -> (@Sendable (SessionMessage) -> Void)? {
        isCurrent(connection) ? sessions[connection.session]?.sink : nil
    }

    /// The current connection of a session, if it has one.
    func connection(of id: SessionID) -> SessionConnection? {
        sessions[id]?.connection.map { SessionConnection(session: id, connection: $0) }
    }

    mutating func heard(_ id: SessionID, at now: Timestamp) {
        sessions[id]?.lastSeenAt = now
    }

    /// The leader takes its time with what the session has said.
    mutating func beginWait(_ id: SessionID) {
        sessions[id]?.waits += 1
    }

    mutating func endWait(_ id: SessionID, at now: Timestamp) {
        guard let waits = sessions[id]?.waits, waits > 0 else { return }
        sessions[id]?.waits = waits - 1
        heard(id, at: now)
    }

    /// The session as it is now: who waits for the leader is there.
    mutating func seen(_ id: SessionID, at now: Timestamp) -> Session? {
        if let waits = sessions[id]?.waits, waits > 0 { heard(id, at: now) }
        return sessions[id]
    }

    /// Whoever was silent until now has not been heard for a reason of the leader's own.
    mutating func heardAll(at now: Timestamp) {
        for id in sessions.keys { sessions[id]?.lastSeenAt = now }
    }

    /// - Returns: the session, if nobody watches it yet: one that connects again and again has one timer all the same.
    mutating func beginWatch(_ id: SessionID) -> Session? {
        guard sessions[id]?.isWatched == false else { return nil }
        sessions[id]?.isWatched = true
        return sessions[id]
    }

    /// The timer has come.
    mutating func endWatch(_ id: SessionID) {
        sessions[id]?.isWatched = false
    }

    mutating func drain(_ id: SessionID) {
        sessions[id]?.isDraining = true
    }

    mutating func disconnect(_ id: SessionID, at now: Timestamp) {
        sessions[id]?.connection = nil
        sessions[id]?.sink = nil
        sessions[id]?.lastSeenAt = now
    }

    mutating func took(_ count: Int, _ id: SessionID) {
        sessions[id]?.running += count
    }

    mutating func ended(_ id: SessionID) {
        guard let running = sessions[id]?.running, running > 0 else { return }
        sessions[id]?.running = running - 1
    }

    mutating func remove(_ id: SessionID) -> Session? {
        sessions.removeValue(forKey: id)
    }
}
