import Logging
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
    private(set) var nodes: [SimNode] = []
    /// The one that took the lead last, as long as it runs. Others may not know yet that they were replaced.
    private(set) weak var newest: SimNode?
    private(set) var story = Story()
    /// Calls that some node has not ended.
    private(set) var openCalls = 0
    private var writers: [UInt64: ObjectIdentifier] = [:]
    private let origin = Simulated.loop.now

    nonisolated static let wall = Timestamp(microseconds: 1_790_000_000_000_000)

    init(_ options: SimulationOptions) {
        self.options = options
        chance = Chance(seed: options.seed)
        truth = InMemoryLog(
            partition: 0, incarnation: LogIncarnation(high: options.seed, low: 1))
    }

    var elapsed: Duration { .nanoseconds((Simulated.loop.now - origin).nanoseconds) }

    /// The time as the nodes' clocks tell it.
    var now: Timestamp { Self.wall + elapsed }

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

    /// An entry was written: of two that both believe that they lead, never two by one epoch.
    func wrote(_ epoch: UInt64, through log: SimLog) {
        let known = writers.updateValue(ObjectIdentifier(log), forKey: epoch)
        if let known, known != ObjectIdentifier(log) { accuse("epoch \(epoch) is written by two nodes") }
    }

    func end() { isOver = true }

    /// The node hears what came over the connection.
    func hear(_ connection: SessionConnection, _ node: Node, at time: Duration) {
        guard let epoch = nodes.last(where: { $0.serving === node })?.epoch else { return }
        hearing.hear(connection.session, by: epoch, at: time)
    }

    func stoppedUntil(_ node: Node) -> Duration { nodes.last { $0.serving === node }?.stoppedUntil ?? .zero }

    func add(_ node: SimNode) { nodes.append(node) }

    func leads(_ node: SimNode) { newest = node }

    func remove(_ node: SimNode) {
        nodes.removeAll { $0 === node }
        if newest === node { newest = nil }
    }

    /// The node that a caller finds: mostly the newest, at times an older one that does not know that it was replaced.
    func anyNode() -> SimNode? {
        guard isStormy, nodes.count > 1, chance.happens(0.3) else { return nodes.last }
        return nodes[chance.below(nodes.count)]
    }

    /// One call over a network that loses requests and answers; nil when none came in time.
    ///
    /// - Parameter newest: asks the newest node: an old one that was replaced still answers reads, as of then.
    func call<Value: Sendable>(
        within limit: Duration = .seconds(10), newest: Bool = false,
        _ body: @escaping @Sendable (Node) async throws(NodeError) -> Value
    ) async -> Result<Value, NodeError>? {
        await sleep(chance.latency())
        guard let node = newest ? self.newest : anyNode(), let serving = node.serving, !isLossy else {
            await sleep(limit)
            return nil
        }
        let answer = Answer<Value>()
        openCalls += 1
        spawn {
            defer { self.openCalls -= 1 }
            await sleep(node.stoppedUntil - self.elapsed)
            do throws(NodeError) {
                answer.give(.success(try await body(serving)))
            } catch {
                answer.give(.failure(error))
            }
        }
        after(limit) { answer.give(nil) }
        let result = await answer.wait()
        await sleep(chance.latency())
        return node.isReachable && !isLossy ? result : nil
    }

    private var isLossy: Bool { isStormy && chance.happens(0.03) }
}

/// The first answer to a call, and who waits for it.
@Simulated
final class Answer<Value: Sendable> {
    private var given = false
    private var value: Result<Value, NodeError>?
    private var waiting: CheckedContinuation<Void, Never>?

    func give(_ value: Result<Value, NodeError>?) {
        guard !given else { return }
        given = true
        self.value = value
        waiting?.resume()
        waiting = nil
    }

    func wait() async -> Result<Value, NodeError>? {
        if !given { await withCheckedContinuation { waiting = $0 } }
        return value
    }
}

/// What happened, in words, and a digest of all of it.
struct Story: Sendable {
    private(set) var lines: [String] = []
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var violations: [String] = []

    mutating func tell(_ words: String, at time: Duration, isKept: Bool) {
        let line = "\(time.inNanoseconds / 1000) \(words)"
        // FNV-1a: only to tell two runs apart.
        for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if isKept { lines.append(line) }
    }
}
