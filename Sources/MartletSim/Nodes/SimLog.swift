import MartletCore
import MartletLog

/// One node's way to the log: slow, forgetful of its answers, without room at times, and cut when the node crashes.
final class SimLog: EventLog {
    private let base: InMemoryLog
    private let world: World
    /// The node's: while the process is stopped its log's thread is, too.
    private let loop: SimLoop
    private let number: Int
    @Simulated private var isCut = false
    @Simulated private let condition: Condition
    /// The time as its node was told it, and when.
    @Simulated private var wall = (time: World.wall, at: Duration.zero)
    @Simulated private var clock = NodeClock(World.wall, at: .zero, after: .empty)
    @Simulated private var isFound = false
    /// How long the next append takes, if somebody wants it so.
    @Simulated var delay: Duration?
    /// What a node knows that another replaces stands on a disk that nobody will read.
    @Simulated private var mayForget: Bool { condition.isSound && !isCut && world.isUncontested(self) }

    @Simulated
    init(_ world: World, _ loop: SimLoop, _ condition: Condition) {
        self.world = world
        self.loop = loop
        self.condition = condition
        base = world.truth.reopened()
        number = world.numberLog()
    }

    var incarnation: LogIncarnation { base.incarnation }

    /// The node is told the time.
    @Simulated
    func begin(at wall: Timestamp) { self.wall = (wall, world.elapsed) }

    /// Nothing reaches the log any more. What was on its way may have arrived or not.
    @Simulated
    func cut() { isCut = true }

    @Simulated
    func append(_ entry: Entry) async -> AppendOutcome {
        let outcome = await attempt(entry)
        world.hearing.answer(entry.header, at: world.elapsed)
        return outcome
    }

    @Simulated
    private func attempt(_ entry: Entry) async -> AppendOutcome {
        // A process that has ended begins nothing.
        if isCut { return .unknown(.stopped("the process has ended")) }
        world.hearing.write(entry.header, at: world.elapsed)
        await loop.sleep(syncTime())
        if isCut, world.chance.happens(0.5) { return .unknown(.stopped("the process has ended")) }
        // What comes back from two nodes that both believe that they lead is where mistakes are made.
        let isContested = world.nodes.count > 1
        let fate = world.isStormy ? world.chance.below(isContested ? 100 : 1000) : 1000
        switch fate {
        case 0..<5: return .unknown(.engine("the request was lost"))
        case 5: return .unknown(.stopped("a write failed"))
        default: break
        }
        var outcome = await write(entry)
        await loop.sleep(syncTime())
        if isCut { return .unknown(.stopped("the process has ended")) }
        if fate < 12 { outcome = .unknown(.engine("the answer was lost")) }
        return outcome
    }

    @Simulated
    private func write(_ entry: Entry) async -> AppendOutcome {
        guard world.disk.takes() else { return .full }
        let outcome = await base.append(entry)
        if case .committed = outcome { world.wrote(entry, by: clock, through: number) }
        return outcome
    }

    @Simulated
    private func syncTime() -> Duration {
        if let delay {
            self.delay = nil
            return delay
        }
        guard world.isStormy, world.chance.happens(0.01) else {
            return world.chance.between(.microseconds(20), .milliseconds(1))
        }
        return world.chance.between(.milliseconds(100), .seconds(5))
    }

    @Simulated
    func head() async throws(LogError) -> LogHead {
        var head = try await base.head()
        if let damage = condition.logDamage { head = damage.head(of: world.written, head) }
        // Its node sets its clock by the end that it finds first.
        if !isFound { clock = NodeClock(wall.time, at: wall.at, after: head) }
        isFound = true
        return head
    }

    @Simulated
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        let entries = try await base.read(from: position, bytes: bytes)
        guard let damage = condition.logDamage else { return entries }
        return try damage.entries(entries, after: position > 1 ? world.written[Int(position) - 2] : nil)
    }

    /// A view that is damaged is no reason to forget: nobody would have what it does not have.
    @Simulated
    func forget(through position: UInt64) async throws(LogError) {
        if mayForget { try await base.forget(through: position) }
    }

    @Simulated
    func keep(_ checkpoint: Checkpoint) async throws(LogError) {
        if mayForget { try await base.keep(checkpoint) }
    }

    func checkpoint() async throws(LogError) -> Checkpoint? { try await base.checkpoint() }

    func excess(over bytes: Int) async throws(LogError) -> UInt64? { try await base.excess(over: bytes) }

    func close() async {}
}
