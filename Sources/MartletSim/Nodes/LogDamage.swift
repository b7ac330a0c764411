import MartletCore
import MartletLog

/// What a node's disk has done to the log that it reads.
enum LogDamage: Sendable {
    /// A bit of the entry at that position is not what was written.
    case flipped(UInt64)
    /// What comes after that position is gone, although its sync was reported done.
    case shortened(to: UInt64)

    /// Where the log seems to end.
    func head(of written: [Entry], _ head: LogHead) -> LogHead {
        guard case .shortened(let position) = self, position < head.position else { return head }
        return position == 0 ? .empty : LogHead(of: written[Int(position) - 1])
    }

    /// The entries as they are read, verified as every log verifies them.
    ///
    /// - Parameter first: the one before them, if there is one.
    func entries(_ entries: [Entry], after first: Entry?) throws(LogError) -> [Entry] {
        switch self {
        case .shortened(let position): return entries.filter { $0.header.position <= position }
        case .flipped(let position):
            var read = entries
            guard let index = read.firstIndex(where: { $0.header.position == position }) else { return read }
            // Bodies of entries are never empty: each has at least one event.
            read[index].body[read[index].body.count / 2] ^= 1
            var verifier = LogVerifier(partition: 0, after: first.map { LogHead(of: $0) } ?? .empty)
            for entry in read { try verifier.accept(entry) }
            return read
        }
    }

    /// Whether a node notices that starts from a view at `position`: it reads what comes after, and knows what came
    /// before.
    func shows(from position: UInt64) -> Bool {
        switch self {
        case .flipped(let damaged): damaged > position
        case .shortened(let end): end < position
        }
    }
}
