import MartletCore
import MartletLog

/// One leader's entry at a position of the log: several may try, and one that never led may have had the same epoch.
struct Place: Hashable, Sendable {
    let position: UInt64
    let epoch: UInt64
    let nonce: UInt64
}

extension Place {
    init(_ header: EntryHeader) {
        self.init(position: header.position, epoch: header.epoch, nonce: header.nonce)
    }
}

/// When each leader heard which session, when it wrote, and when it stood still: whether a session that was given up
/// was silent for so long.
struct Hearing {
    private var heard: [SessionID: [(epoch: UInt64, time: Duration)]] = [:]
    private var began: [UInt64: Duration] = [:]
    private var clocks: [UInt64: NodeClock] = [:]
    /// When an entry was on its way for the first time: it was decided no later.
    private var written: [Place: Duration] = [:]
    private var durable: [UInt64: Duration] = [:]
    /// When leaders went on that had stood still for so long that they must have noticed.
    private var wakings: [UInt64: [Duration]] = [:]
    /// Until then leaders may let things end late: one that stood still, or whose log did, first hears those who spoke.
    private(set) var aftermath = Duration.zero

    mutating func hear(_ session: SessionID, by epoch: UInt64, at time: Duration) {
        heard[session, default: []].append((epoch, time))
    }

    mutating func write(_ header: EntryHeader, at time: Duration) {
        if written[Place(header)] == nil { written[Place(header)] = time }
    }

    /// An entry is durable, of the only one that ever led its epoch.
    mutating func commit(_ header: EntryHeader, by clock: NodeClock, at time: Duration) {
        durable[header.position] = time
        guard clocks[header.epoch] == nil else { return }
        clocks[header.epoch] = clock
        began[header.epoch] = clock.elapsed(at: Timestamp(microseconds: header.time))
    }

    /// The leader has an answer from its log. One that waited for long listens for as long.
    mutating func answer(_ header: EntryHeader, at time: Duration) {
        let took = time - (written[Place(header)] ?? time)
        if took > .seconds(1) { aftermath = max(aftermath, time + took) }
    }

    /// - Parameter isLong: whether the leader must notice.
    mutating func stand(_ epoch: UInt64, for length: Duration, until end: Duration, isLong: Bool) {
        if isLong { wakings[epoch, default: []].append(end) }
        // What was left of an aftermath begins when it goes on.
        if aftermath > end - length { aftermath += length + .seconds(3) }
        aftermath = max(aftermath, end + .seconds(2))
    }

    /// What the leader of that epoch takes for the time.
    func time(at elapsed: Duration, in epoch: UInt64) -> Timestamp {
        clocks[epoch]?.time(at: elapsed) ?? World.wall + elapsed
    }

    /// No entry was decided after this.
    func latest(_ header: EntryHeader) -> Timestamp {
        written[Place(header)].map { time(at: $0, in: header.epoch) } ?? Timestamp(microseconds: header.time)
    }

    func isDurable(_ position: UInt64, before time: Duration) -> Bool {
        durable[position].map { $0 < time } ?? false
    }

    /// What is wrong with giving the session up; nil when nothing is.
    ///
    /// - Parameter calm: since when nothing has gone wrong any more.
    func flaw(_ silence: History.Silence, grace: Duration, calm: Duration) -> String? {
        let epoch = silence.place.epoch
        guard let write = written[silence.place], let begin = began[epoch], let clock = clocks[epoch] else {
            return nil
        }
        // It was decided between the time of its batch and the time of writing. The log's times are a little early,
        // since they are of whole microseconds.
        let decided = clock.elapsed(at: silence.time)
        let last = heard[silence.session]?.last { $0.epoch == epoch && $0.time <= decided }
        let waking = wakings[epoch]?.filter { $0 <= decided + .milliseconds(1) }.max()
        let since = max(begin, last?.time ?? .zero, waking ?? .zero)
        let silent = write - since
        if silent + .milliseconds(1) < grace { return "is given up after \(silent)" }
        // What was under way when the faults ended may take a little longer, and so may what followed from them.
        let late = write - max(since, calm + .seconds(5), aftermath) - grace
        return late > JobAccount.patience ? "is given up \(late) too late" : nil
    }
}
