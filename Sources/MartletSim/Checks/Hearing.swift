import MartletCore
import MartletLog

/// When each leader heard which session, and when it wrote: whether a session that was given up was silent for so long.
struct Hearing {
    private var heard: [SessionID: [(epoch: UInt64, time: Duration)]] = [:]
    private var began: [UInt64: Duration] = [:]
    /// When the entry of a position and an epoch was on its way: no later than it was decided.
    private var written: [UInt64: (epoch: UInt64, time: Duration)] = [:]

    mutating func hear(_ session: SessionID, by epoch: UInt64, at time: Duration) {
        heard[session, default: []].append((epoch, time))
    }

    mutating func write(_ header: EntryHeader, at time: Duration) {
        let epoch = header.epoch
        if began[epoch] == nil { began[epoch] = Timestamp(microseconds: header.time) - World.wall }
        if written[header.position]?.epoch != epoch { written[header.position] = (epoch, time) }
    }

    /// What is wrong with giving the session up; nil when nothing is.
    ///
    /// - Parameter calm: since when nothing has gone wrong any more.
    func flaw(_ silence: History.Silence, grace: Duration, calm: Duration) -> String? {
        guard let write = written[silence.position], let begin = began[silence.epoch] else { return nil }
        // It was decided between the time of its batch and the time of writing.
        let decided = silence.time - World.wall
        let last = heard[silence.session]?.last { $0.epoch == silence.epoch && $0.time <= decided }
        let since = max(begin, last?.time ?? .zero)
        let silent = write.time - since
        if silent + .milliseconds(1) < grace { return "is given up after \(silent)" }
        // What was under way when the faults ended may take a little longer.
        let late = write.time - max(since, calm + .seconds(5)) - grace
        return late > JobAccount.patience ? "is given up \(late) too late" : nil
    }
}
