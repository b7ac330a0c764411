import Logging
import MartletCore
import MartletLog
import MartletView
import MartletWire
import NIOCore

extension Leader {
    /// Bytes of entries after which the house is kept, however soon they came.
    private static let houseEvery = 32 << 20
    /// Steps of forgetting in one round, so that the rest of the house has its turn.
    private static let stepsInRound = 64

    /// Calls the house when so much was written that there may be something to forget.
    func countForHouse(_ bytes: Int) {
        unhousedBytes += bytes
        guard unhousedBytes >= Self.houseEvery else { return }
        unhousedBytes = 0
        callHouse.yield()
    }

    /// Checkpoints, forgets, retires: whatever is not urgent, one thing after the other.
    func keepHouse() async throws {
        let rounds = executor.loop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .minutes(10)) {
            [callHouse] _ in callHouse.yield()
        }
        defer { rounds.cancel() }
        for await _ in houseCalls {
            do {
                try await unlessBusy { try await self.forgetEntries() }
                try await retireJobs()
                if isDiskFull { try await tryToRefillReserve() }
            } catch let failure where Self.passes(failure) {
                await putOff(failure)
                callHouseLater()
            }
        }
    }

    /// A reader from outside keeps the view from being moved into its file, and nothing else from being done.
    private func unlessBusy(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let failure as ViewError {
            guard case .busy = failure else { throw failure }
            await putOff(failure)
            callHouseLater()
        }
    }

    /// The log forgets only behind a checkpoint that survives a power cut.
    ///
    /// The log tells when it keeps too much. A count of what this leader wrote would begin anew with each start, and
    /// the log of a server that never runs long would never forget.
    private func forgetEntries() async throws {
        guard try await log.excess(over: configuration.logBytes) != nil else { return }
        let durable = try await view.makeDurable()
        guard let hash = durable.hash.withUnsafeBytes({ EntryHash(bytes: $0) }) else { return }
        try await log.keep(Checkpoint(position: durable.position, hash: hash, body: []))
        let forgotten = try await forgetInSteps(coveredBy: durable.position)
        logger.debug("forgot entries", metadata: ["through": "\(forgotten)", "checkpoint": "\(durable.position)"])
    }

    /// Short steps, between which appends go on: at a start there may be much to forget. What one round leaves, the
    /// next one takes.
    ///
    /// - Returns: the position of the last entry forgotten; 0 for none.
    private func forgetInSteps(coveredBy checkpoint: UInt64) async throws -> UInt64 {
        var forgotten: UInt64 = 0
        for _ in 0..<Self.stepsInRound {
            guard let next = try await log.excess(over: configuration.logBytes) else { return forgotten }
            let end = min(next, checkpoint)
            guard end > forgotten, !Task.isCancelled else { return forgotten }
            try await log.forget(through: end)
            forgotten = end
        }
        callHouse.yield()
        return forgotten
    }

    /// By the log's time: what is retired is over for whoever decides next, also for a batch that began a while ago and
    /// for a leader whose clock is behind. While nothing is written that time stands still, so each round tells it to the
    /// next one.
    func retireJobs() async throws {
        let now = Timestamp(microseconds: head.time)
        if clock.now - now > .seconds(60), !isDiskFull {
            proveWithBarrier()
            wakeWriter()
        }
        var retired = 0
        repeat {
            retired = try await view.retire(
                finishedBefore: now + .zero - configuration.retention, keysExpiredBefore: now, limit: 1000)
        } while retired == 1000 && !hasStopped
    }

    func callHouseLater() {
        guard !isHouseDue else { return }
        isHouseDue = true
        executor.loop.scheduleTask(in: .seconds(1)) { [weak self] in self?.assumeIsolated { $0.callHouseNow() } }
    }

    /// A leader that is one no longer removes nothing more: its view may lack what the log has.
    private var hasStopped: Bool { if case .stopped = phase { true } else { false } }

    private func callHouseNow() {
        isHouseDue = false
        callHouse.yield()
    }
}

extension Timestamp {
    static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }
}
