import Foundation
import Logging
import MartletCore
import MartletLog
import MartletNode
import MartletView
import MartletWire
import NIOCore

/// One process that runs a node: from its start to its crash.
@Simulated
final class SimNode {
    private let world: World
    let name: String
    /// Where its view stands.
    let folder: URL
    /// In what condition it finds its disk.
    let condition: Condition
    /// Called when it leads.
    var whenLeading: () -> Void = {}
    /// Its view's write-ahead log once that was opened: all that there was is written anew then, and synced.
    private(set) var opened: WALContent?
    /// All that the process does runs on it, its threads' work among it.
    private let loop: SimLoop
    private let executor: LoopExecutor
    private let log: SimLog
    private var view: View?
    private var task: Task<Void, Never>?
    /// The node, once it leads and until it crashes or gives up.
    private(set) var serving: Node?
    private(set) var epoch: UInt64 = 0
    /// What is sent to it waits until then, if it is stopped.
    private var stoppedUntil = Duration.zero
    /// Whether what it says reaches anyone.
    private(set) var isReachable = true
    private(set) var isOver = false

    init(_ world: World, name: String, folder: URL, on condition: Condition) {
        self.world = world
        self.name = name
        self.folder = folder
        self.condition = condition
        loop = SimLoop(Simulated.loop)
        executor = LoopExecutor(loop)
        log = SimLog(world, loop, condition)
    }

    /// Where its view stands, once it is open.
    var viewPosition: UInt64? { view?.position.position }

    /// Starts on the view of its folder; returns when it leads, or will never.
    func begin() async {
        world.tell("\(name) starts\(condition.viewDamage.map { ", and \($0)" } ?? "")")
        do {
            let view = try View(
                path: folder.appending(path: "view.db").path, incarnation: log.incarnation.description,
                lag: world.options.viewLag, limits: world.options.node.limits, scheduler: scheduler)
            self.view = view
            opened = try WALContent(of: folder)
            let wall = World.wall + world.elapsed + world.drawSkew()
            log.begin(at: wall)
            let node = try await Node(
                log: log, view: view, reserve: world.disk, configuration: world.options.node,
                wall: wall, random: Chance(seed: world.chance.next()),
                executor: executor, logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() })
            if let obstacle = condition.obstacle { world.accuse("\(name) recovers, although \(obstacle)") }
            run(node)
        } catch {
            world.tell("\(name) does not start: \(words(error))")
            if await !mayRefuse(error) { world.accuse("\(name) does not start: \(words(error))") }
            isOver = true
        }
    }

    /// The folder's name is another each time.
    private func words(_ error: any Error) -> String { "\(error)".replacing(folder.path(), with: name) }

    private func mayRefuse(_ error: any Error) async -> Bool {
        if condition.isDoubtful { return true }
        // Another that believes to lead may have let it forget meanwhile.
        guard case LogError.forgotten = error else { return false }
        return await world.hasForgotten(after: condition.position)
    }

    private func run(_ node: Node) {
        task = Task(executorPreference: Simulated.executor) { await self.lead(node) }
    }

    private func lead(_ node: Node) async {
        do {
            try await node.run { await self.serve(node) }
            world.tell("\(name) ends")
        } catch {
            world.tell("\(name) leads no longer: \(words(error))")
        }
        serving = nil
        isOver = true
    }

    private func serve(_ node: Node) async {
        epoch = await node.metrics().epoch
        world.tell("\(name) leads epoch \(epoch)")
        guard isReachable else { return }
        serving = node
        world.leads(self)
        whenLeading()
        spawn { await self.inspect(node) }
    }

    private func inspect(_ node: Node) async {
        while serving != nil {
            await sleep(.seconds(1))
            for flaw in await node.checkInvariants() { world.accuse("\(name): \(flaw)") }
        }
    }

    /// SIGTERM: takes nothing new, answers what is in flight, and ends.
    func drain() async {
        world.tell("\(name) drains")
        do {
            try await serving?.drain()
        } catch {
            world.tell("\(name) does not end in peace: \(error)")
        }
    }

    func owns(_ log: SimLog) -> Bool { log === self.log }

    /// Its view can neither be read nor written any more, in the midst of an append: disks are slow before they fail.
    func failView() async {
        let time = world.chance.between(.milliseconds(300), .milliseconds(900))
        log.delay = time
        for _ in 0..<100 where log.delay != nil { await sleep(.milliseconds(20)) }
        await sleep(world.chance.between(.zero, time))
        world.tell("\(name)'s view fails")
        await view?.abandon()
    }

    /// The end of an orderly end: the view is in its file alone.
    func closeView() async { await view?.close() }

    /// SIGSTOP for so long: nothing of it runs, so nothing is written, said or heard.
    func stop(for time: Duration) {
        world.tell("\(name) is stopped for \(time)")
        loop.stop(for: time)
        stoppedUntil = max(stoppedUntil, world.elapsed + time)
        // One that stands still for less need not notice.
        let isLong = time > world.options.node.heartbeatInterval + .milliseconds(1)
        world.hearing.stand(epoch, for: time, until: stoppedUntil, isLong: isLong)
    }

    /// Returns once it runs: what was sent to it meanwhile is read then, after what its timers did.
    func waitUntilRunning() async {
        while stoppedUntil > world.elapsed { await sleep(stoppedUntil - world.elapsed + .microseconds(10)) }
    }

    /// kill -9: nothing more is sent or written, whatever was under way.
    func crash() async {
        world.tell("\(name) crashes")
        isReachable = false
        serving = nil
        log.cut()
        // It ends also if it is stopped.
        stoppedUntil = world.elapsed
        loop.goOn()
        task?.cancel()
        await task?.value
        await view?.abandon()
        world.remove(self)
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            world.accuse("\(name)'s view cannot be removed: \(error)")
        }
    }

    private var scheduler: ViewScheduler {
        ViewScheduler(
            line: { [world, loop] in
                let thread = SimThread(world, loop)
                return { work in Simulated.assumeHere { thread.post(work) } }
            },
            schedule: { [loop] delay, work in loop.after(delay, work) })
    }
}
