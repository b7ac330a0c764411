internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletGateway
internal import MartletLog
internal import MartletLogSQLite
internal import MartletNode
internal import MartletView
internal import MartletWire
internal import NIOPosix
internal import ServiceLifecycle
internal import UnixSignals

/// One server, from its folder to its ports and back.
///
/// Everything but the files lives on one event loop. Whatever happens to the server comes to one place, one thing after
/// the other, which decides what follows.
struct Server: Sendable {
    /// What a server is put together from.
    struct Parts: Sendable {
        var log: SQLiteLog
        var view: View
        var node: Node
    }

    enum Happening: Sendable {
        case opened(Parts)
        case leading
        case bound(GatewayPorts)
        case asked(UnixSignal)
        case nodeDrained
        case gatewayEnded((any Error)?)
        case nodeEnded((any Error)?)
        case openingFailed(any Error)
    }

    let settings: ServeSettings
    let folder: ServerFolder
    let lock: FolderLock
    let logger = Logger(label: "martlet")
    let loop = ServingLoop()
    let happenings: AsyncStream<Happening>
    let happen: AsyncStream<Happening>.Continuation

    private init(_ settings: ServeSettings, _ folder: ServerFolder, _ lock: FolderLock) {
        self.settings = settings
        self.folder = folder
        self.lock = lock
        (happenings, happen) = AsyncStream.makeStream()
    }

    /// Serves until asked to end. Throws why it could not serve.
    static func run(_ settings: ServeSettings) async throws(CommandError) {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        ProcessSetup.startLogging(settings)
        ProcessSetup.keepFilesPrivate()
        ProcessSetup.raiseFileLimit()
        ProcessSetup.tuneMemory()
        let folder = try ServerFolder.prepare(settings.folder)
        if !settings.acceptsClock { try ClockCheck(folder: folder).check(now: WallClock.microseconds()) }
        let lock: FolderLock
        do {
            lock = try FolderLock(folder, start: InstantText.format(microseconds: WallClock.microseconds()))
        } catch {
            folder.leaveNothingBehind()
            throw error
        }
        defer {
            lock.release()
            folder.leaveNothingBehind()
        }
        try await Server(settings, folder, lock).serve(until: signals)
    }

    private func serve(until signals: UnixSignalsSequence) async throws(CommandError) {
        let ending = await withTaskGroup(of: Void.self) { tasks -> Result<Void, CommandError> in
            tasks.addTask { await watch(signals) }
            tasks.addTask { await ClockCheck(folder: folder).keepTouching() }
            tasks.addTask { await open() }
            var course = ServerCourse(self)
            for await happening in happenings {
                guard let ending = await course.follow(happening, &tasks) else { continue }
                tasks.cancelAll()
                return ending
            }
            return .failure(CommandError("interrupted", .software))
        }
        try ending.get()
    }

    /// The first signal is a request; the second is an order.
    private func watch(_ signals: UnixSignalsSequence) async {
        var isAsked = false
        for await signal in signals {
            if isAsked { exit(ExitStatus.signal(signal.rawValue).number) }
            isAsked = true
            happen.yield(.asked(signal))
        }
    }

    private func open() async {
        do {
            let log = try await SQLiteLog.open(folder: folder.path, partition: 0)
            do {
                happen.yield(.opened(try await parts(with: log)))
            } catch {
                await log.close()
                throw error
            }
        } catch {
            happen.yield(.openingFailed(error))
        }
    }

    /// Readers never wait for it, they make the view write; the longer it is, the more jobs are written only once.
    private static let viewLag = Duration.milliseconds(500)

    private func parts(with log: SQLiteLog) async throws -> Parts {
        let view = try View(
            path: folder.view, incarnation: log.incarnation.description, lag: Self.viewLag,
            limits: settings.node.limits, burstIsOver: ProcessSetup.returnMemory)
        do {
            let node = try await withTaskExecutorPreference(loop.executor) {
                try await Node(
                    log: log, view: view, reserve: log, configuration: settings.node,
                    wall: Timestamp(microseconds: WallClock.microseconds()), random: SystemRandomNumberGenerator(),
                    executor: loop.executor, logger: Logger(label: "martlet.node"))
            }
            return Parts(log: log, view: view, node: node)
        } catch {
            await view.close()
            throw error
        }
    }
}
