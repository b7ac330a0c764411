public import MartletCore
internal import MartletSQLite

/// A SQLite file derived from the log's events: what get, list and the dashboard read, where cold jobs wait, and the
/// checkpoint from which a leader restarts.
///
/// `project` follows the log without waiting; a thread of the view's own merges what happened to each job and writes
/// it, at latest `lag` afterwards, in one transaction with the position that it leads to. So the file is at each
/// moment the exact account of one position, also after a crash: project the entries after `position` again.
/// Reading happens on another thread and first makes sure that what was projected before is there.
public final class View: Sendable {
    private let writer: WorkerThread<Writer>
    private let reader: WorkerThread<Reader>
    private let inbox: Inbox
    private let progress: Progress
    private let loans = Loans()
    private let lag: Duration

    /// Opens the file, or creates it with all that it consists of.
    ///
    /// - Parameters:
    ///   - incarnation: Names the log. A view that follows another is refused.
    ///   - lag: How long a change may wait for company before it is written.
    ///   - burstIsOver: Called on the writer's thread when, after many changes, none came for the time of the lag: memory
    ///     that they took can be given back to the system.
    /// - Throws: `foreign`, `newerVersion`, `damaged`, `full` or `engine`; the file is left as it was.
    public convenience init(
        path: String, incarnation: String, lag: Duration = .milliseconds(100), limits: Limits = Limits(),
        burstIsOver: @escaping @Sendable () -> Void = {}
    ) throws(ViewError) {
        try self.init(
            path: path, incarnation: incarnation, lag: lag, limits: limits, scheduler: nil, burstIsOver: burstIsOver)
    }

    /// The same on a scheduler in place of threads.
    package init(
        path: String, incarnation: String, lag: Duration, limits: Limits, scheduler: ViewScheduler?,
        burstIsOver: @escaping @Sendable () -> Void = {}
    ) throws(ViewError) {
        let database = try ViewFile.openWriter(path, incarnation: incarnation)
        let reading = Reader(try ViewFile.openReader(path))
        do {
            let position = try ViewFile.position(database)
            let inbox = Inbox(after: position.position)
            let progress = Progress(at: position, inbox)
            let (changes, keyCount) = try reading.loaded(at: position, limits)
            let writing = try Writer(database, changes, inbox, progress, burstIsOver: burstIsOver)
            writing.keyCount = keyCount
            let thread = WorkerThread(writing, on: scheduler, alarm: Self.flushUnasked)
            self.inbox = inbox
            self.progress = progress
            writer = thread
        } catch {
            throw ViewError(error)
        }
        reader = WorkerThread(reading, on: scheduler)
        self.lag = lag
        _ = writer.post { [weak writer] writing in
            writing.retryLater = { writer?.setAlarm(after: lag * 10) }
            writing.lookLater = { writer?.setAlarm(after: lag) }
        }
    }

    /// What is written. It survives a crash of the process; `makeDurable` makes it survive a loss of power.
    public var position: ViewPosition { progress.position }

    /// Changes projected but not written.
    public var backlog: Int { inbox.backlog }

    /// Follows one committed entry. Returns at once: whoever projects faster than the view writes uses `waitForRoom`.
    ///
    /// - Precondition: `position` follows the last one projected, or the one the file was opened at.
    public func project(_ events: [Event], at position: ViewPosition) {
        switch inbox.append(events, at: position) {
        case .no: break
        case .afterLag: writer.setAlarm(after: lag)
        // Refused only once the view is closed, and then nothing is written any more.
        case .atOnce: _ = writer.post(Self.flushUnasked)
        }
    }

    /// Returns when all that was projected before the call is written.
    public func flush() async throws(ViewError) {
        if let cause = progress.stopped { throw cause }
        guard backlog > 0 else { return }
        try await write { writing throws(ViewError) in try writing.flush() }
    }

    /// Returns when `backlog` is below `limit`, or when nothing more will be written or there was no room: then it is not
    /// below, and the next `flush` tells why.
    public func waitForRoom(below limit: Int) async { await progress.waitForRoom(below: limit) }

    /// Throws as soon as nothing more will be written, so that whoever follows the log need not find out by reading;
    /// returns when the task is cancelled. For one who waits.
    public func watch() async throws(ViewError) {
        await progress.waitForEnd()
        if let cause = progress.stopped { throw cause }
    }

    /// Writes all that was projected before the call and returns a position that survives a loss of power: the log
    /// may forget what lies before it.
    public func makeDurable() async throws(ViewError) -> ViewPosition {
        try await write { writing throws(ViewError) in try writing.makeDurable() }
    }

    /// Deletes up to `limit` finished jobs and expired keys together; returns how many. As many as `limit` means
    /// that there may be more. Jobs that are lent are spared: a redrive may be on its way.
    public func retire(
        finishedBefore: Timestamp, keysExpiredBefore: Timestamp, limit: Int
    ) async throws(ViewError) -> Int {
        let loans = loans
        return try await write { writing throws(ViewError) in
            try writing.retire(
                finishedBefore: finishedBefore, keysExpiredBefore: keysExpiredBefore, limit: limit, except: loans)
        }
    }

    /// Writes what was projected, if it can, and lets go of the file. Every later call throws `stopped`.
    public func close() async {
        // What the disk refuses is in the log still; it is projected again after the next start.
        try? await flush()
        await reader.stop()
        // What cannot be moved into the file is read from the log ahead of it.
        _ = try? await write { writing throws(ViewError) in try writing.moveWAL(.truncate) }
        await abandon()
    }

    /// Lets go of the file as it is, as a crash does.
    package func abandon() async {
        progress.stop(.stopped("it was closed"))
        await reader.stop()
        await writer.stop()
    }

    /// Where the view in a file that nobody has open stands; what is ahead of the file stays as it is.
    package static func position(at path: String) throws(ViewError) -> UInt64 {
        try ViewFile.position(at: path)
    }

    /// Rows of jobs written so far.
    package func rowsWritten() async throws(ViewError) -> Int {
        try await write { writing throws(ViewError) in writing.jobs.rowsWritten }
    }

    /// Keeps a job from being retired, from before it is read until what was decided of it is written.
    public func lend(_ id: JobID) { loans.add(id) }

    /// Ends one loan.
    public func takeBack(_ id: JobID) { loans.remove(id) }

    /// Runs `body` with the reader, after all that was projected before is written, or on what is written now.
    func read<Value: Sendable>(
        mustSeeAll: Bool = true, _ body: @escaping @Sendable (Reader) throws -> Value
    ) async throws(ViewError) -> Value {
        if let cause = progress.stopped { throw cause }
        if mustSeeAll { try await flush() }
        return try await run(on: reader) { reading throws(ViewError) in
            do {
                return try reading.snapshot { try body(reading) }
            } catch {
                throw ViewError(error)
            }
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Writer) throws(ViewError) -> Value
    ) async throws(ViewError) -> Value {
        if let cause = progress.stopped { throw cause }
        return try await run(on: writer, body)
    }

    private func run<State, Value: Sendable>(
        on thread: WorkerThread<State>, _ body: @escaping @Sendable (State) throws(ViewError) -> Value
    ) async throws(ViewError) -> Value {
        let result: Result<Value, ViewError> = await withCheckedContinuation { continuation in
            let isPosted = thread.post { state in
                continuation.resume(returning: Result { () throws(ViewError) in try body(state) })
            }
            if !isPosted { continuation.resume(returning: .failure(.stopped("it was closed"))) }
        }
        return try result.get()
    }

    /// A flush that nobody waits for: an error is kept by the progress, or the flush is tried again.
    @Sendable private static func flushUnasked(_ writing: Writer) {
        try? writing.flush()
    }
}
