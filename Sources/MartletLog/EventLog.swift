/// The ordered, durable entries of one partition: the only truth.
///
/// One leader appends at a time; should two believe that they lead, the position decides. The suite in
/// `MartletLogTesting` is the definition of this port: whatever passes it is a log.
public protocol EventLog: Sendable {
    /// Who this log is, so that a view is never held against another one that took its place.
    var incarnation: LogIncarnation { get }

    /// Where the log stands: its last entry, verified.
    ///
    /// - Throws: `LogError` when the log is damaged or cannot be read.
    func head() async throws(LogError) -> LogHead

    /// Appends an entry if it follows from the head; returns once it is durable.
    ///
    /// Fenced unless its position is the one after the last, its previous hash that of the last, and neither its
    /// epoch nor its time falls: another chain holds the position. Appends of one leader are made one after the
    /// other, never two at once.
    ///
    /// - Precondition: the entry is intact and of this log's partition.
    func append(_ entry: Entry) async -> AppendOutcome

    /// The entries from `position` on, in order, verified each and as a chain: at least one if there is one,
    /// and no more than about `bytes` of bodies. Empty at the end.
    ///
    /// - Throws: `LogError.forgotten` when `position` is before the first entry that is kept, `.damaged` when
    ///   an entry is missing or not what was written.
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry]

    /// Keeps a checkpoint, durably, in place of the one before. One that is older than what is kept changes
    /// nothing: the newer one covers more.
    ///
    /// - Throws: `LogError.damaged` when the log has no such position or another hash there, `.full` when there
    ///   is no room, and the one before is still kept.
    func keep(_ checkpoint: Checkpoint) async throws(LogError)

    /// The checkpoint last kept.
    func checkpoint() async throws(LogError) -> Checkpoint?

    /// Forgets entries up to and including `position`, perhaps not all of them at once. The last entry always
    /// stays.
    ///
    /// - Throws: `LogError.notCovered` when no checkpoint covers them, `.full` when there is no room even to
    ///   forget.
    func forget(through position: UInt64) async throws(LogError)

    /// How far to forget next so that about `bytes` of entries stay, counted with what the engine adds to them; nil
    /// when no more are kept, and when there is nothing but the last entry.
    ///
    /// This far is one short step, which `forget` takes at once: whoever has to forget much asks again after each, and
    /// appends go on in between. The answer comes from what the engine counts, without reading what is kept, and is
    /// the same after the log was opened anew. A count that begins with the process would let the log grow for ever
    /// where processes are short.
    func excess(over bytes: Int) async throws(LogError) -> UInt64?

    /// Ends cleanly: everything afterwards is refused with `LogError.closed`. Closing twice is harmless.
    func close() async
}

/// Where a log stands.
public struct LogHead: Equatable, Sendable {
    /// The position of the last entry; 0 when there never was one.
    public var position: UInt64
    public var hash: EntryHash
    public var epoch: UInt64
    /// The time of the last entry, microseconds since 1970.
    public var time: Int64

    public static let empty = LogHead(position: 0, hash: .zero, epoch: 0, time: 0)

    public init(position: UInt64, hash: EntryHash, epoch: UInt64, time: Int64) {
        self.position = position
        self.hash = hash
        self.epoch = epoch
        self.time = time
    }
}

/// How an append ended.
public enum AppendOutcome: Sendable {
    /// Durable.
    case committed
    /// Another entry holds the position: this leader is one no longer.
    case fenced(by: LogHead)
    /// Nothing was written for want of room, and nothing is broken: the same entry may be appended again.
    case full
    /// It may be durable or not: read the position back to know, or stop.
    case unknown(LogError)
}

/// The identity of one log: a fresh random number when the log is made.
public struct LogIncarnation: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh one, from the system's randomness. A simulator makes its own from its seed.
    public static func random() -> LogIncarnation {
        LogIncarnation(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }

    public var description: String { String(high, radix: 16) + "-" + String(low, radix: 16) }
}

/// A state from which the log's earlier entries are not needed. The state itself is opaque here.
public struct Checkpoint: Equatable, Sendable {
    public var position: UInt64
    public var hash: EntryHash
    public var body: [UInt8]

    public init(position: UInt64, hash: EntryHash, body: [UInt8]) {
        self.position = position
        self.hash = hash
        self.body = body
    }
}

/// Why a log cannot be used. Every case but `notCovered`, `forgotten` and `full` ends the leadership.
public enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An entry is missing, altered, or does not follow from the one before.
    case damaged(position: UInt64, reason: String)
    /// The entries from there on are behind a checkpoint and gone.
    case forgotten(first: UInt64)
    /// No checkpoint covers what was to be forgotten.
    case notCovered(position: UInt64)
    /// There is no room for it, nothing of it was written, and nothing is broken.
    case full
    /// Written by a newer release.
    case newerVersion(found: Int, supported: Int)
    /// Another process has it.
    case held(by: String)
    /// The engine failed.
    case engine(String)
    /// A write or sync failed earlier, or the log was closed: nothing is accepted until it is opened anew.
    case stopped(String)

    /// What a log says after `EventLog.close()`.
    public static let closed = LogError.stopped("it was closed")

    public var description: String {
        switch self {
        case .damaged(let position, let reason): "the log is damaged at position \(position): \(reason)"
        case .forgotten(let first): "the log begins at position \(first): what was before is behind a checkpoint"
        case .notCovered(let position): "no checkpoint covers position \(position)"
        case .full: "there is no room for the log to grow"
        case .newerVersion(let found, let supported):
            "the log has format \(found), written by a newer release; this one reads up to \(supported)"
        case .held(let holder): "the log is held by \(holder)"
        case .engine(let reason): "the log's engine failed: \(reason)"
        case .stopped(let reason): "the log has stopped: \(reason)"
        }
    }
}
