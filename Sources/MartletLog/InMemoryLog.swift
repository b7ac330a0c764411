internal import Synchronization

/// A log that lives as long as its process: for tests, for the simulator, and as the plainest example of the port.
///
/// Several handles may share one log, as several nodes share one engine: see `reopened()`.
public final class InMemoryLog: EventLog {
    public let incarnation: LogIncarnation
    private let storage: Storage
    private let isClosed = Atomic(false)

    /// A new, empty log.
    public convenience init(partition: UInt32, incarnation: LogIncarnation = .random()) {
        self.init(Storage(partition: partition), incarnation)
    }

    private init(_ storage: Storage, _ incarnation: LogIncarnation) {
        self.storage = storage
        self.incarnation = incarnation
    }

    /// Another handle on the same log, open even when this one is closed: what a restarted node finds.
    public func reopened() -> InMemoryLog {
        InMemoryLog(storage, incarnation)
    }

    public func head() async throws(LogError) -> LogHead {
        try refuseWhenClosed()
        return storage.contents.withLock { $0.head }
    }

    public func append(_ entry: Entry) async -> AppendOutcome {
        guard !isClosed.load(ordering: .acquiring) else { return .unknown(.closed) }
        precondition(entry.isIntact, "entry \(entry.header.position) was altered after it was made")
        precondition(entry.header.partition == storage.partition, "the entry is of another partition")
        return storage.contents.withLock { contents in
            guard contents.head.admits(entry) else { return .fenced(by: contents.head) }
            contents.entries.append(entry)
            contents.head = LogHead(of: entry)
            return .committed
        }
    }

    public func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        try refuseWhenClosed()
        let (start, entries) = try storage.entries(from: max(position, 1), bytes: bytes)
        var verifier = LogVerifier(partition: storage.partition, after: start)
        for entry in entries { try verifier.accept(entry) }
        return entries
    }

    public func keep(_ checkpoint: Checkpoint) async throws(LogError) {
        try refuseWhenClosed()
        try storage.keep(checkpoint)
    }

    public func checkpoint() async throws(LogError) -> Checkpoint? {
        try refuseWhenClosed()
        return storage.contents.withLock { $0.checkpoint }
    }

    public func forget(through position: UInt64) async throws(LogError) {
        try refuseWhenClosed()
        try storage.forget(through: position)
    }

    public func excess(over bytes: Int) async throws(LogError) -> UInt64? {
        try refuseWhenClosed()
        return storage.excess(over: bytes)
    }

    public func close() async {
        isClosed.store(true, ordering: .releasing)
    }

    private func refuseWhenClosed() throws(LogError) {
        if isClosed.load(ordering: .acquiring) { throw .closed }
    }
}

extension InMemoryLog {
    private struct Contents {
        /// The entries that are kept; the first is the one after `start`.
        var entries: [Entry] = []
        /// The entry before the first that is kept.
        var start = LogHead.empty
        var head = LogHead.empty
        var checkpoint: Checkpoint?

        /// The place in the chain of an entry that is kept, or of the one just before them.
        func place(at position: UInt64) -> LogHead {
            position == start.position ? start : LogHead(of: entries[Int(position - start.position) - 1])
        }
    }

    /// What outlives a handle.
    private final class Storage: Sendable {
        let partition: UInt32
        let contents = Mutex(Contents())

        init(partition: UInt32) {
            self.partition = partition
        }

        func entries(from position: UInt64, bytes: Int) throws(LogError) -> (after: LogHead, [Entry]) {
            try contents.withLock { contents throws(LogError) in
                let first = contents.start.position + 1
                guard position >= first else { throw .forgotten(first: first) }
                guard position <= contents.head.position else { return (contents.head, []) }
                var room = bytes
                let rest = contents.entries[Int(position - first)...]
                let fitting = rest.prefix { entry in
                    room -= entry.body.count
                    return room >= 0
                }
                return (contents.place(at: position - 1), Array(fitting.isEmpty ? rest.prefix(1) : fitting))
            }
        }

        func keep(_ checkpoint: Checkpoint) throws(LogError) {
            try contents.withLock { contents throws(LogError) in
                if let kept = contents.checkpoint, kept.position > checkpoint.position { return }
                guard checkpoint.position <= contents.head.position else {
                    throw .damaged(position: checkpoint.position, reason: "the checkpoint is ahead of the log")
                }
                // Whatever is not older than the one kept is not older than what was forgotten.
                let hash = contents.place(at: checkpoint.position).hash
                guard checkpoint.hash == hash else {
                    throw .damaged(
                        position: checkpoint.position, reason: "the checkpoint has \(checkpoint.hash), the log \(hash)")
                }
                contents.checkpoint = checkpoint
            }
        }

        func forget(through position: UInt64) throws(LogError) {
            try contents.withLock { contents throws(LogError) in
                guard let checkpoint = contents.checkpoint, position <= checkpoint.position else {
                    throw .notCovered(position: position)
                }
                // The last entry stays: it says where the log stands.
                let last = min(position, max(contents.head.position, 1) - 1)
                guard last > contents.start.position else { return }
                let start = contents.place(at: last)
                contents.entries.removeFirst(Int(last - contents.start.position))
                contents.start = start
            }
        }

        func excess(over bytes: Int) -> UInt64? {
            contents.withLock { contents in
                var room = bytes
                let fitting = contents.entries.reversed().prefix { entry in
                    room -= entry.body.count
                    return room >= 0
                }
                // The last entry stays, however large it is.
                let staying = UInt64(max(fitting.count, 1))
                guard contents.head.position > contents.start.position + staying else { return nil }
                return contents.head.position - staying
            }
        }
    }
}
