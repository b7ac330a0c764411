internal import MartletCore
internal import MartletSQLite

/// The one connection that writes: takes what was projected, merges it, and writes it in one transaction with the
/// position that it leads to. Used on the writer's thread only.
final class Writer {
    let database: Database
    let jobs: JobStatements
    var changes: Changes
    let progress: Progress
    private let inbox: Inbox
    private let side: SideStatements
    /// Asks for another flush, some time after a full disk refused one.
    var retryLater: () -> Void = {}
    /// Asks for another flush after the lag: if it finds nothing to write, a burst is over.
    var lookLater: () -> Void = {}
    private let burstIsOver: () -> Void
    /// Changes written since the last burst was over.
    private var burst = 0
    private static let leastBurst = 50_000

    init(
        _ database: Database, _ changes: Changes, _ inbox: Inbox, _ progress: Progress,
        burstIsOver: @escaping () -> Void
    ) throws {
        self.burstIsOver = burstIsOver
        self.database = database
        self.changes = changes
        self.inbox = inbox
        self.progress = progress
        jobs = try JobStatements(database)
        side = try SideStatements(database)
    }

    /// Writes all that was projected before the call, in transactions of about `Inbox.full` changes: a transaction's
    /// memory is kept for the next. After a full disk it may be called again: the changes stay.
    func flush() throws(ViewError) {
        if let cause = progress.stopped { throw cause }
        var rest = inbox.take()[...]
        // What could not be written stays merged.
        defer { for batch in rest { changes.merge(batch) } }
        repeat {
            while changes.count < Inbox.full, let batch = rest.popFirst() { changes.merge(batch) }
            guard changes.count > 0 else { return endBurst() }
            let merged = changes.count
            try transaction {
                try changes.forEachJob(jobs.write)
                keyCount += try side.write(changes.keys)
            }
            burst += merged
        } while !rest.isEmpty
        if burst >= Self.leastBurst { lookLater() }
    }

    private func endBurst() {
        guard burst >= Self.leastBurst else { return }
        burst = 0
        changes.shrink()
        burstIsOver()
    }

    private var isRoomMade = false

    /// How many keys the file holds, as of the last commit or the transaction under way.
    var keyCount = 0

    /// Runs `body` in a transaction that also writes what has been merged of counters, clients and the position.
    /// `undo` takes back what `body` did to the counters, should it not be committed.
    func transaction(_ body: () throws -> Void, undo: () -> Void = {}) throws(ViewError) {
        let keysBefore = keyCount
        do {
            try database.execute("BEGIN IMMEDIATE")
            try body()
            try side.write(changes, keyCount: keyCount)
            try database.execute("COMMIT")
        } catch {
            // The first error is the one to report; SQLite may have rolled back by itself, which this would repeat.
            try? database.execute("ROLLBACK")
            keyCount = keysBefore
            undo()
            let failure = failed(ViewError(error))
            guard case .full = failure else { throw failure }
            makeRoom()
            throw progress.stopped ?? failure
        }
        isRoomMade = false
        let written = changes.count
        changes.settle()
        progress.wrote(written, upTo: changes.position)
        try keepWALShort()
    }

    /// A full disk may have room again; after anything else the file cannot be trusted to take more.
    private func failed(_ error: ViewError) -> ViewError {
        if case .full = error {
            progress.foundNoRoom()
            retryLater()
        } else {
            progress.stop(.stopped(error.description))
        }
        return error
    }

    /// Everything up to the returned position survives a loss of power.
    func makeDurable() throws(ViewError) -> ViewPosition {
        try flush()
        guard try moveWAL(.full) == 0 else { throw ViewError.busy("the checkpoint was held up by a reader") }
        return progress.position
    }

    /// Moves what was written ahead into the file; returns how many pages of it a reader holds up.
    @discardableResult
    func moveWAL(_ move: Database.Move) throws(ViewError) -> Int {
        // After a sync that failed the next one says nothing.
        if let cause = progress.stopped { throw cause }
        do throws(SQLiteError) {
            return try database.moveWAL(move)
        } catch {
            throw failed(ViewError(error))
        }
    }

    /// Room that the write-ahead log takes is used again once it is moved. Once is enough until something is written.
    private func makeRoom() {
        guard !isRoomMade else { return }
        isRoomMade = true
        // What prevents it is told by `failed`.
        _ = try? moveWAL(.passive)
    }

    private static let walLimit = 16_000

    private func keepWALShort() throws(ViewError) {
        guard database.walPages >= Self.walLimit else { return }
        do throws(ViewError) {
            try moveWAL(.passive)
        } catch .full {
            // It stays as it is, whole, and the next time may do better.
        }
    }
}
