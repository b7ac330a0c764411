import MartletCore
import MartletSQLite
import Synchronization

@testable import MartletView

/// The view's own statements over a database in memory, emptied before each input: opening one anew would take a
/// hundred times longer than most inputs.
final class ScratchView {
    let database: Database
    let limits: Limits
    /// One for each input: it remembers names, and compiling its statements takes most of the time.
    private(set) var reader: Reader

    private init() throws {
        var limits = Limits()
        limits.hotJobsPerLane = 4
        limits.hotKeys = 2
        limits.clients = 2
        self.limits = limits
        database = try Database(path: ":memory:")
        try database.execute(Schema.creation)
        reader = Reader(database)
    }

    // Only within `lock`.
    nonisolated(unsafe) private static var made: ScratchView?
    private static let lock = Mutex(())

    /// Lends the one that there is. Tests run side by side.
    static func lend(_ body: (ScratchView) throws -> Void) throws {
        try lock.withLock { _ in
            let view = try made ?? ScratchView()
            made = view
            try view.empty()
            try body(view)
        }
    }

    /// As a view that was just made.
    private func empty() throws {
        for table in ["jobs", "payloads", "queues", "kinds", "keys", "clients", "view"] {
            try database.execute("DELETE FROM \(table)")
        }
        try database.execute("INSERT INTO view VALUES (1, 'i', 0, zeroblob(32), 0, 0, 1, 1, 0)")
        reader = Reader(database)
    }

    /// What the writer does with entries.
    func write(_ entries: [[Event]]) throws(ViewError) {
        do {
            let start = try ViewFile.position(database)
            let inbox = Inbox(after: start.position)
            let (changes, keys) = try reader.loaded(at: start, limits)
            let writer = try Writer(database, changes, inbox, Progress(at: start, inbox)) {}
            writer.keyCount = keys
            for (index, events) in entries.enumerated() {
                let place = ViewPosition(
                    position: start.position + UInt64(index) + 1, hash: start.hash,
                    time: start.time + .seconds(index + 1), epoch: start.epoch)
                _ = inbox.append(events, at: place)
            }
            try writer.flush()
        } catch {
            throw ViewError(error)
        }
    }

    /// What a node does with the view at its start.
    func start() throws -> Partition {
        let partition = Partition(limits: limits, restoring: try reader.restored(limits))
        try hold(partition.checkInvariants(), is: [], "the partition that is restored")
        return partition
    }

    /// Brings in what waits, page by page, until no lane wants more.
    func fill(_ partition: inout Partition) throws {
        for lane in [LaneName.timers] + (try reader.queues()).map({ .queue($0.name) }) {
            guard let request = partition.pageRequest(for: lane) else { continue }
            partition.beginPage(request)
            do {
                let (jobs, isLast) = try reader.page(request)
                partition.finishPage(request, jobs: jobs, isLast: isLast)
            } catch {
                partition.abandonPage(request)
                throw error
            }
        }
    }
}
