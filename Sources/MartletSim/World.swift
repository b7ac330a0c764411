import MartletCore
import MartletLog
import MartletNode
import NIOCore
import NIOEmbedded

/// What everything in a run shares: its chances, its story, the log's one truth, and who leads.
@Simulated
final class World {
    let options: SimulationOptions
    var chance: Chance
    var ledger = Ledger()
    var hearing = Hearing()
    let truth: InMemoryLog
    private(set) lazy var disk = SimDisk(self)
    /// Faults happen until then; afterwards everything must come to its end.
    private(set) var isStormy = true
    /// Clients submit a little longer, to see that all is well.
    var isBusy: Bool { isStormy || elapsed < calmSince + .seconds(30) }
    /// When the faults ended.
    private(set) var calmSince = Duration.zero
    private(set) var isOver = false
    /// Where the run is, in words: for one that does not end.
    var stage = "the storm"
    private(set) var nodes: [SimNode] = []
    /// The one that took the lead last, as long as it runs. Others may not know yet that they were replaced.
    private(set) weak var newest: SimNode?
    private(set) var story = Story()
    /// Calls that some node has not ended.
    private(set) var openCalls = 0
    private var logCount = 0
    private var writers: [UInt64: Int] = [:]
    /// All entries that there ever were, whatever the log has forgotten since.
    private(set) var written: [Entry] = []
    private let origin = Simulated.loop.now

    nonisolated static let wall = Timestamp(microseconds: 1_790_000_000_000_000)

    init(_ options: SimulationOptions) {
        self.options = options
        chance = Chance(seed: options.seed)
        truth = InMemoryLog(
            partition: 0, incarnation: LogIncarnation(high: options.seed, low: 1))
    }

    var elapsed: Duration { .nanoseconds((Simulated.loop.now - origin).nanoseconds) }

    func tell(_ words: @autoclosure () -> String) { story.tell(words(), at: elapsed, isKept: options.isTold) }

    /// Something that must never happen did.
    func accuse(_ words: String) {
        guard story.violations.count < 20 else { return }
        tell("VIOLATION \(words)")
        story.violations.append(words)
    }

    var isAccused: Bool { !story.violations.isEmpty }

    func calm() {
        isStormy = false
        calmSince = elapsed
    }

    /// Whether all has been well for a minute since then: whoever waits since then should have been answered.
    func isOverdue(since begin: Duration) -> Bool { !isStormy && elapsed - max(begin, calmSince) > .seconds(60) }

    func end() { isOver = true }

    /// What has not ended, in words.
    var rest: String {
        var words = [stage]
        if openCalls > 0 { words.append("\(openCalls) calls") }
        words += nodes.filter { !$0.isOver }.map { $0.name }
        return words.joined(separator: ", ")
    }

    /// Tells one node's way to the log from all others: an address may be another's once its first owner is gone.
    func numberLog() -> Int {
        logCount += 1
        return logCount
    }

    /// An entry was written: of two that both believe that they lead, never two by one epoch.
    func wrote(_ entry: Entry, by clock: NodeClock, through log: Int) {
        written.append(entry)
        hearing.commit(entry.header, by: clock, at: elapsed)
        let epoch = entry.header.epoch
        let known = writers.updateValue(log, forKey: epoch)
        if let known, known != log { accuse("epoch \(epoch) is written by two nodes") }
    }

    /// The epoch that the node leads or believes to lead; nil when it serves no longer.
    func epoch(of node: Node) -> UInt64? { nodes.last { $0.serving === node }?.epoch }

    /// Whether the node's disk is in order.
    func isSound(_ node: Node) -> Bool { nodes.last { $0.serving === node }?.condition.isSound ?? false }

    /// The node hears what came over the connection.
    func hear(_ connection: SessionConnection, _ node: Node, at time: Duration) {
        guard let epoch = epoch(of: node) else { return }
        hearing.hear(connection.session, by: epoch, at: time)
    }

    /// Returns once the node's process runs.
    func waitUntilRunning(_ node: Node) async {
        let process = nodes.last { $0.serving === node }
        await process?.waitUntilRunning()
    }

    func add(_ node: SimNode) { nodes.append(node) }

    func leads(_ node: SimNode) { newest = node }

    /// Whether the node that writes through that log leads, and no other is about to.
    func isUncontested(_ log: SimLog) -> Bool { newest?.owns(log) ?? false && nodes.last === newest }

    func remove(_ node: SimNode) {
        nodes.removeAll { $0 === node }
        if newest === node { newest = nil }
    }

    /// The node that a caller finds: mostly the newest, at times an older one that does not know that it was replaced.
    func anyNode() -> SimNode? {
        guard isStormy, nodes.count > 1, chance.happens(0.3) else { return nodes.last }
        return nodes[chance.below(nodes.count)]
    }

    /// One call over a network that loses requests and answers, and delivers some requests once more, much later; nil
    /// when no answer came in time.
    ///
    /// - Parameters:
    ///   - newest: asks the newest node: an old one that was replaced still answers reads, as of then.
    ///   - isOnce: opens a connection, and there are no two of one.
    func call<Value: Sendable>(
        within limit: Duration = .seconds(10), newest: Bool = false, isOnce: Bool = false,
        _ body: @escaping @Sendable (Node) async throws(NodeError) -> Value
    ) async -> Result<Value, NodeError>? {
        await ask(within: limit, newest: newest, isOnce: isOnce, body).answer
    }

    /// The same, and the epoch of the node that was asked: what one that was replaced says may be out of date.
    func ask<Value: Sendable>(
        within limit: Duration = .seconds(10), newest: Bool = false, isOnce: Bool = false,
        _ body: @escaping @Sendable (Node) async throws(NodeError) -> Value
    ) async -> (answer: Result<Value, NodeError>?, epoch: UInt64?) {
        await sleep(chance.latency())
        guard let node = newest ? self.newest : anyNode(), let serving = node.serving, !isLossy else {
            await sleep(limit)
            return (nil, nil)
        }
        let answer = Answer<Value>()
        openCalls += 1
        spawn {
            defer { self.openCalls -= 1 }
            await node.waitUntilRunning()
            do throws(NodeError) {
                answer.give(.success(try await body(serving)))
            } catch {
                answer.give(.failure(error))
            }
        }
        after(limit) { answer.give(nil) }
        let result = await answer.wait()
        if isStormy, !isOnce, chance.happens(0.02) { repeatLater(node, body) }
        await sleep(chance.latency())
        return (node.isReachable && !isLossy ? result : nil, node.epoch)
    }

    /// The request arrives once more, at a node that may think otherwise by then; nobody waits for the answer.
    private func repeatLater<Value: Sendable>(
        _ node: SimNode, _ body: @escaping @Sendable (Node) async throws(NodeError) -> Value
    ) {
        openCalls += 1
        spawn {
            defer { self.openCalls -= 1 }
            await sleep(self.chance.between(.milliseconds(1), .seconds(5)))
            await node.waitUntilRunning()
            guard let serving = node.serving else { return }
            self.tell("a request to \(node.name) arrives again")
            _ = try? await body(serving)
        }
    }

    private var isLossy: Bool { isStormy && chance.happens(0.03) }
}
