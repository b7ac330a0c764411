import MartletCore
import MartletNode

/// A worker with a session: slow, at times silent, cut off or dead, and repeating what it is not sure was heard.
@Simulated
final class SimWorker {
    private let world: World
    let name: String
    /// How many attempts it runs at once at most.
    private static let concurrency = 12
    private var session: SessionID?
    private var link: Link?
    /// What it holds: running or with an outcome that is not settled.
    private var held: [AttemptID] = []
    private var unsettled: [AttemptOutcome] = []
    private var reported: [(number: UInt64, outcomes: [AttemptOutcome])] = []
    private var nextReport: UInt64 = 1
    /// Counts its lives: what an earlier life started is nothing to this one.
    private var life = 0
    private var isFrozen = false
    private var unread: [SessionMessage] = []

    init(_ world: World, name: String) {
        self.world = world
        self.name = name
    }

    /// Whether all that it was given is settled or taken from it.
    var isAtRest: Bool { held.isEmpty && unsettled.isEmpty }

    func run() async {
        spawn { await self.sufferFaults() }
        while !world.isOver {
            if isFrozen || link?.isUp == true {
                await sleep(.milliseconds(50))
            } else {
                await connect()
            }
        }
    }

    private func connect() async {
        let link = Link(world)
        let opening = SessionOpening(
            resuming: session, name: name, queues: ["a", "b", "c"], concurrency: Self.concurrency, held: held)
        link.receive = { [weak self] in self?.receive($0) }
        let life = life
        let opened = await world.call(isOnce: true) { node throws(NodeError) in
            let asked = Simulated.assumeHere { link.world.elapsed }
            let connection = try await node.open(opening) { message in
                Simulated.assumeHere { link.toWorker(message) }
            }
            // Whoever opens a session is heard, also if the answer is long on its way.
            Simulated.assumeHere { link.world.hear(connection, node, at: asked) }
            return Opened(node: node, connection: connection)
        }
        guard case .success(let opened) = opened, life == self.life else {
            // The node may think that the session is connected: it hears nothing and ends it after the grace.
            await sleep(world.chance.between(.milliseconds(20), .milliseconds(500)))
            return
        }
        self.link = link
        session = opened.connection.session
        reported = []
        link.open(opened.node, opened.connection)
        world.tell("\(name) is connected")
        spawn { await self.beat(link) }
        report()
    }

    private struct Opened: Sendable {
        let node: Node
        let connection: SessionConnection
    }

    private func beat(_ link: Link) async {
        while link.isUp, !world.isOver {
            if !isFrozen { link.toNode { node, connection in await node.heartbeat(connection) } }
            await sleep(world.options.node.heartbeatInterval)
        }
    }

    private func receive(_ message: SessionMessage) {
        // A stopped process reads on when it goes on.
        guard !isFrozen else { return unread.append(message) }
        switch message {
        case .attempts(let deliveries):
            for delivery in deliveries { begin(delivery) }
        case .settled(let number, let refused):
            settle(through: number, refused)
        case .revoked(let attempts):
            for attempt in attempts { drop(attempt) }
        case .goodbye, .ended:
            link?.cut()
        }
    }

    private func begin(_ delivery: Delivery) {
        guard !held.contains(delivery.attempt) else {
            return world.accuse("\(name) is given \(delivery.attempt.token) twice")
        }
        held.append(delivery.attempt)
        let running = held.count - unsettled.count
        if running > Self.concurrency { world.accuse("\(name) is given \(running) attempts at once") }
        world.ledger.deliver(delivery, to: session)
        let life = life
        let time =
            world.chance.happens(0.05)
            ? world.chance.between(.seconds(1), .seconds(30))
            : world.chance.between(.milliseconds(1), .milliseconds(400))
        spawn {
            await sleep(time)
            guard life == self.life, self.held.contains(delivery.attempt) else { return }
            let outcome = self.world.outcome(of: delivery, by: self.name)
            self.world.ledger.intend(outcome)
            self.unsettled.append(outcome)
            self.report()
        }
    }

    /// Says what it has not said on this connection, at times twice in one report.
    private func report() {
        guard let link, link.isUp, !isFrozen else { return }
        let said = Set(reported.flatMap(\.outcomes).map(\.attempt))
        var fresh = unsettled.filter { !said.contains($0.attempt) }
        guard !fresh.isEmpty else { return }
        if world.chance.happens(0.02), let first = fresh.first { fresh.append(first) }
        let number = nextReport
        nextReport += 1
        reported.append((number, fresh))
        let outcomes = fresh
        link.toNode { node, connection in await node.report(number, outcomes, from: connection) }
    }

    private func settle(through number: UInt64, _ refused: [RefusedOutcome]) {
        let done = reported.filter { $0.number <= number }.flatMap(\.outcomes)
        reported.removeAll { $0.number <= number }
        var seen: Set<AttemptID> = []
        for outcome in done where seen.insert(outcome.attempt).inserted {
            let error = refused.first { $0.attempt == outcome.attempt }?.error
            switch error {
            case nil, .alreadySettled: world.ledger.accept(outcome)
            case .refused:
                world.tell("\(name) is too late for \(outcome.attempt.token)")
                world.ledger.refuse(world.word(of: outcome.attempt, by: link?.epoch))
            case .unknownJob:
                world.tell("\(name) is told that nobody knows of \(outcome.attempt.token)")
                world.ledger.miss(world.word(of: outcome.attempt, by: link?.epoch))
            case .unavailable: world.tell("\(name) hears nothing of \(outcome.attempt.token)")
            case let error?: world.accuse("\(name) is refused an outcome: \(error)")
            }
            if case .unavailable = error { continue }
            drop(outcome.attempt)
        }
    }

    private func drop(_ attempt: AttemptID) {
        held.removeAll { $0 == attempt }
        unsettled.removeAll { $0.attempt == attempt }
    }

    private func forgetAll() {
        life += 1
        held = []
        unsettled = []
        reported = []
        unread = []
    }

    /// Cuts, stops and deaths.
    private func sufferFaults() async {
        while world.isStormy {
            await sleep(world.chance.between(.seconds(1), .seconds(30)))
            guard world.isStormy else { break }
            switch world.chance.below(4) {
            case 0...1:
                world.tell("\(name) is cut off")
                link?.cut()
            case 2:
                world.tell("\(name) is stopped")
                isFrozen = true
                await sleep(world.chance.between(.seconds(1), .seconds(40)))
                isFrozen = false
                let unread = unread
                self.unread = []
                for message in unread { receive(message) }
                report()
            default:
                world.tell("\(name) dies")
                link?.cut()
                session = nil
                forgetAll()
            }
        }
    }
}
