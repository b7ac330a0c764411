import Logging
import MartletCore
import MartletLog
import MartletView

/// Brings the view to the log's end, by the events alone, and takes the partition from it.
struct Recovery {
    let log: any EventLog
    let view: View
    let limits: Limits
    let logger: Logger

    /// Bodies read at once.
    private static let chunkBytes = 16 << 20
    private static let backlog = 100_000

    func run() async throws -> (partition: Partition, head: LogHead) {
        let head = try await log.head()
        let from = view.position
        try check(from, against: head)
        try await replay(from: from, to: head)
        try await view.flush()
        let partition = Partition(limits: limits, restoring: try await view.restored(limits: limits))
        return (partition, head)
    }

    /// A view that knows more than the log proves that the log has lost something.
    private func check(_ position: ViewPosition, against head: LogHead) throws(RecoveryError) {
        guard position.position <= head.position else {
            throw .viewAhead(view: position.position, log: head.position)
        }
        if position.position == head.position, position.position > 0, position.hash != head.hash.bytes {
            throw .foreignHistory(position: position.position)
        }
    }

    private func replay(from start: ViewPosition, to head: LogHead) async throws {
        var position = start.position
        var previous = start.hash
        guard position < head.position else { return }
        logger.info("replaying the log", metadata: ["from": "\(position + 1)", "to": "\(head.position)"])
        while position < head.position {
            let entries = try await log.read(from: position + 1, bytes: Self.chunkBytes)
            guard !entries.isEmpty else {
                throw LogError.damaged(position: position + 1, reason: "the entry is missing")
            }
            for entry in entries {
                if position > 0, entry.header.previous.bytes != previous {
                    throw RecoveryError.foreignHistory(position: position)
                }
                let events: [Event]
                do {
                    events = try EntryCodec.decode(entry.body)
                } catch {
                    throw RecoveryError.unreadable(position: entry.header.position, reason: "\(error)")
                }
                view.project(events, at: ViewPosition(LogHead(entry)))
                position = entry.header.position
                previous = entry.hash.bytes
            }
            await view.waitForRoom(below: Self.backlog)
            // Still behind: this tells why. Whoever waits for a full disk here waits unseen.
            if view.backlog >= Self.backlog { try await view.flush() }
        }
    }
}

/// Why a node does not start: nothing is served from a doubtful log.
public enum RecoveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The view stands at a position that the log does not have.
    case viewAhead(view: UInt64, log: UInt64)
    /// The view was made from another history than this log's.
    case foreignHistory(position: UInt64)
    /// An entry that this release cannot read.
    case unreadable(position: UInt64, reason: String)

    public var description: String {
        switch self {
        case .viewAhead(let view, let log):
            """
            the view stands at position \(view) and the log ends at \(log): the log has lost entries that were \
            acknowledged. Restore log and view from the same backup. Do not remove the view: what the log has \
            forgotten stands only there
            """
        case .foreignHistory(let position):
            """
            at position \(position) the view was made from another history than this log's. Log and view of \
            different folders or backups were mixed: restore both from the same one
            """
        case .unreadable(let position, let reason):
            "the entry at position \(position) cannot be read: \(reason). It may come from a newer release"
        }
    }
}
