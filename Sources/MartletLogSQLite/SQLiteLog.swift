internal import Dispatch
public import MartletLog

/// The log of one partition in one SQLite file, for one process.
///
/// One connection on a thread of its own, a write-ahead log synced with each append, and a high-water mark in a
/// second file that notices when the first has lost its tail. After an error of the engine the log refuses
/// everything until it is opened anew: what a failed sync left behind is known to nobody.
public actor SQLiteLog: EventLog {
    /// What may be chosen.
    public struct Settings: Sendable {
        /// Bytes set aside for a full disk; 0 for none.
        public var reserve = 8 << 20
        /// How large the write-ahead log may grow under load, in bytes; from a quarter of it on it is emptied as
        /// soon as no append came for 50 ms. A larger one makes for fewer pauses and a longer opening.
        public var walLimit = 16 << 20

        public init() {}
    }

    public nonisolated let incarnation: LogIncarnation
    nonisolated let thread: LogQueue
    nonisolated public var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private enum State {
        case open(LogStore)
        case stopped(LogError)
    }

    private var state: State
    private let reserve: Reserve
    private let pageLimit: Int
    private var lastAppend = ContinuousClock.now
    private var upkeep = Upkeep.none

    /// Which look at the write-ahead log is coming up.
    private enum Upkeep: Comparable { case none, whenIdle, now }
    private static let idle = Duration.milliseconds(50)

    /// Opens the log in a folder, or makes it there. The folder's parent must exist.
    ///
    /// Verifies that the file is a log of this partition and at least as long as was ever acknowledged (but for
    /// the last sync), and its last entries. `verify()` verifies all.
    ///
    /// - Parameter incarnation: who the log will be when it is made now.
    /// - Throws: `LogError.held` when it is open already, here or in another process.
    public static func open(
        folder path: String, partition: UInt32, settings: Settings = Settings(),
        incarnation: LogIncarnation = .random()
    ) async throws(LogError) -> SQLiteLog {
        let thread = LogQueue(label: "martlet.log.\(partition)")
        let reserve = Reserve(folder: DataFolder(path: path), size: settings.reserve)
        let opened = await thread.run { () -> Result<LogStore, LogError> in
            do throws(LogError) {
                let store = try reserve.yielding { () throws(LogError) in
                    try LogStore(reserve.folder, partition: partition, incarnation: incarnation)
                }
                // On a disk that is full already there is none, and the log opens all the same.
                _ = try reserve.restore()
                return .success(store)
            } catch {
                return .failure(error)
            }
        }
        return SQLiteLog(try opened.get(), thread, reserve, pageLimit: settings.walLimit / 4096)
    }

    private init(_ store: sending LogStore, _ thread: LogQueue, _ reserve: Reserve, pageLimit: Int) {
        incarnation = store.incarnation
        self.thread = thread
        self.reserve = reserve
        self.pageLimit = pageLimit
        state = .open(store)
    }

    public func head() throws(LogError) -> LogHead {
        try serve { $0.head }
    }

    public func append(_ entry: Entry) -> AppendOutcome {
        do throws(LogError) {
            return try serve { store throws(LogError) in
                let outcome = try store.append(entry)
                planUpkeep(of: store)
                return outcome
            }
        } catch {
            return .unknown(error)
        }
    }

    public func read(from position: UInt64, bytes: Int) throws(LogError) -> [Entry] {
        try serve { store throws(LogError) in try store.read(from: max(position, 1), bytes: bytes) }
    }

    public func keep(_ checkpoint: Checkpoint) throws(LogError) {
        try serve { store throws(LogError) in
            try store.keep(checkpoint)
            planUpkeep(of: store)
        }
    }

    public func checkpoint() throws(LogError) -> Checkpoint? {
        try serve { store throws(LogError) in try store.checkpoint() }
    }

    public func forget(through position: UInt64) async throws(LogError) {
        while try serve({ store throws(LogError) in
            defer { planUpkeep(of: store) }
            return try store.forgetSome(through: position)
        }) {
            // Appends that wait go first.
            await Task.yield()
        }
    }

    public func excess(over bytes: Int) throws(LogError) -> UInt64? {
        try serve { store throws(LogError) in try store.excess(over: bytes) }
    }

    public func close() {
        guard case .open(let store) = state else { return }
        do throws(LogError) {
            try store.mark.settle()
            try store.moveIntoFile(truncating: true)
            state = .stopped(.closed)
        } catch {
            // Everything is in the write-ahead log and stays there; whoever asks hears why.
            state = .stopped(.stopped("closing failed: \(error)"))
        }
    }

    /// Reads the whole log: each page, each entry, the chain that they make, and the checkpoint.
    ///
    /// Appends go on meanwhile. Returns the number of entries there were.
    public func verify() async throws(LogError) -> Int {
        var (next, count) = try serve { store throws(LogError) in
            try store.checkPages()
            _ = try store.checkpoint()
            return (store.start.position + 1, 0)
        }
        while true {
            let entries = try read(from: next, bytes: 8 << 20)
            guard !entries.isEmpty else { return count }
            next += UInt64(entries.count)
            count += entries.count
            await Task.yield()
        }
    }

    /// Returns once the high-water mark is where the log is: for those who copy the files.
    package func settle() throws(LogError) {
        try serve { store throws(LogError) in try store.mark.settle() }
    }
}

extension SQLiteLog {
    /// Runs `body` unless the log has stopped, and stops it on an error that ends a leadership.
    private func serve<Value>(_ body: (LogStore) throws(LogError) -> Value) throws(LogError) -> Value {
        switch state {
        case .stopped(let reason): throw reason
        case .open(let store):
            do throws(LogError) {
                return try body(store)
            } catch {
                switch error {
                case .notCovered, .forgotten, .full: break
                // The connection closes with the store; the write-ahead log stays as the error left it.
                default: state = .stopped(.stopped("\(error)"))
                }
                throw error
            }
        }
    }

    /// Has the write-ahead log emptied when it has grown: at once when it is at its limit, otherwise when idle.
    /// No timer runs while there is nothing to do.
    private func planUpkeep(of store: LogStore) {
        lastAppend = .now
        guard store.pendingPages > pageLimit / 4 else { return }
        let due = store.pendingPages > pageLimit ? Upkeep.now : .whenIdle
        guard due > upkeep else { return }
        upkeep = due
        schedule(after: due == .now ? .zero : Self.idle)
    }

    private func schedule(after delay: Duration) {
        let nanoseconds = Int(delay / .nanoseconds(1))
        thread.queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in
            self?.assumeIsolated { $0.keepUp() }
        }
    }

    private func keepUp() {
        // A timer may find that its work was done, or its log closed, by someone quicker.
        guard case .open(let store) = state, store.pendingPages > pageLimit / 4 else { return upkeep = .none }
        let wait = Self.idle - lastAppend.duration(to: .now)
        if upkeep == .whenIdle, wait > .zero { return schedule(after: wait) }
        upkeep = .none
        do throws(LogError) {
            try serve { store throws(LogError) in try store.moveIntoFile() }
        } catch {
            // `serve` has stopped the log: the next call hears of it.
        }
    }
}

extension SQLiteLog: ReservedSpace {
    public func releaseReserve() -> Bool {
        reservation { reserve throws(LogError) in try reserve.release() }
    }

    public func restoreReserve() -> Bool {
        reservation { reserve throws(LogError) in try reserve.restore() }
    }

    private func reservation(_ change: (Reserve) throws(LogError) -> Bool) -> Bool {
        do throws(LogError) {
            return try change(reserve)
        } catch {
            // The room is not there, whatever the reason. The reserve holds nothing, so nothing else is lost.
            return false
        }
    }
}
