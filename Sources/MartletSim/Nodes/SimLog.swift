import MartletCore
import MartletLog

/// One node's way to the log: slow, forgetful of its answers, without room at times, and cut when the node crashes.
final class SimLog: EventLog {
    private let base: InMemoryLog
    private let world: World
    @Simulated private var isCut = false
    /// Nothing goes on until then: the process is stopped.
    @Simulated private var stoppedUntil = Duration.zero

    @Simulated
    init(_ world: World) {
        self.world = world
        base = world.truth.reopened()
    }

    var incarnation: LogIncarnation { base.incarnation }

    /// Nothing reaches the log any more. What was on its way may have arrived or not.
    @Simulated
    func cut() { isCut = true }

    @Simulated
    func stop(until time: Duration) { stoppedUntil = time }

    @Simulated
    func append(_ entry: Entry) async -> AppendOutcome {
        world.hearing.write(entry.header, at: world.elapsed)
        await sleep(syncTime())
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
        await sleep(syncTime())
        if isCut { return .unknown(.stopped("the process has ended")) }
        if fate < 12 { outcome = .unknown(.engine("the answer was lost")) }
        return outcome
    }

    @Simulated
    private func write(_ entry: Entry) async -> AppendOutcome {
        guard world.disk.takes() else { return .full }
        let outcome = await base.append(entry)
        if case .committed = outcome { world.wrote(entry.header.epoch, through: self) }
        return outcome
    }

    @Simulated
    private func syncTime() -> Duration {
        let stop = max(.zero, stoppedUntil - world.elapsed)
        guard world.isStormy, world.chance.happens(0.01) else {
            return stop + world.chance.between(.microseconds(20), .milliseconds(1))
        }
        return stop + world.chance.between(.milliseconds(100), .seconds(5))
    }

    func head() async throws(LogError) -> LogHead { try await base.head() }
    func read(from position: UInt64, bytes: Int) async throws(LogError) -> [Entry] {
        try await base.read(from: position, bytes: bytes)
    }
    func keep(_ checkpoint: Checkpoint) async throws(LogError) { try await base.keep(checkpoint) }
    func checkpoint() async throws(LogError) -> Checkpoint? { try await base.checkpoint() }
    // The checkers read the whole log at the end.
    func forget(through position: UInt64) async throws(LogError) {}
    func excess(over bytes: Int) async throws(LogError) -> UInt64? { nil }
    func close() async {}
}
