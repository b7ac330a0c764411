import Logging
import MartletCore
import MartletLog
import MartletView
import MartletWire
import NIOCore

/// Knows up to which position the log may forget so that about `limit` bytes stay.
struct KeptBytes {
    /// Marks every so often: a position, and the bytes written up to it.
    private var marks: [(position: UInt64, total: Int)] = []
    private var total = 0
    private var lastCall = 0
    private static let markEvery = 1 << 20
    private static let callEvery = 32 << 20

    /// - Returns: true when it is time to look whether something can be forgotten.
    mutating func wrote(_ bytes: Int, at position: UInt64) -> Bool {
        total += bytes
        if total - (marks.last?.total ?? 0) >= Self.markEvery { marks.append((position, total)) }
        guard total - lastCall >= Self.callEvery else { return false }
        lastCall = total
        return true
    }

    /// The last position behind which more than `limit` bytes were written; nil if there is none.
    mutating func forgettable(keeping limit: Int) -> UInt64? {
        guard let place = marks.lastIndex(where: { total - $0.total >= limit }) else { return nil }
        let position = marks[place].position
        marks.removeFirst(place + 1)
        return position
    }
}

extension Leader {
    /// Checkpoints, forgets, retires: whatever is not urgent, one thing after the other.
    func keepHouse() async throws {
        let rounds = executor.loop.scheduleRepeatedTask(initialDelay: .minutes(1), delay: .minutes(10)) {
            [callHouse] _ in callHouse.yield()
        }
        defer { rounds.cancel() }
        for await _ in houseCalls {
            do {
                try await forgetEntries()
                try await retireJobs()
                if isDiskFull { try await tryToRefillReserve() }
            } catch let failure where Self.passes(failure) {
                await putOff(failure)
                callHouseLater()
            }
        }
    }

    /// Whether what failed may be tried again: nothing was lost by it.
    static func passes(_ error: any Error) -> Bool {
        switch error {
        case ViewError.full, ViewError.busy, LogError.full: true
        default: false
        }
    }

    /// What is not urgent waits for room, or for a reader.
    func putOff(_ error: any Error) async {
        logger.warning("put off, to be tried again", metadata: ["error": "\(error)"])
        if case ViewError.busy = error { return }
        noticeFullDisk()
        _ = await reserve?.releaseReserve()
    }

    /// The log forgets only behind a checkpoint that survives a power cut.
    private func forgetEntries() async throws {
        guard let position = keptBytes.forgettable(keeping: configuration.logBytes) else { return }
        let durable = try await view.makeDurable()
        guard durable.position >= position,
            let hash = durable.hash.withUnsafeBytes({ EntryHash(bytes: $0) })
        else { return }
        try await log.keep(Checkpoint(position: durable.position, hash: hash, body: []))
        try await log.forget(through: position)
        logger.debug("forgot entries", metadata: ["through": "\(position)", "checkpoint": "\(durable.position)"])
    }

    private func retireJobs() async throws {
        let now = clock.now
        var retired = 0
        repeat {
            retired = try await view.retire(
                finishedBefore: now + .zero - configuration.retention, keysExpiredBefore: now, limit: 1000)
        } while retired == 1000
    }

    /// The log has no room: gives up the reserve, so that jobs can still end, or waits for room.
    func makeRoom() async throws {
        noticeFullDisk()
        if let reserve, await reserve.releaseReserve() { return }
        // One that could not even take the lead serves nobody, and whoever starts it should hear so.
        if lastCommit == nil { throw LogError.full }
        try await pause()
    }

    private func noticeFullDisk() {
        guard !isDiskFull else { return }
        logger.error("the disk is full: submissions are refused, what ends jobs is still written")
        isDiskFull = true
        callHouseLater()
    }

    /// Before something is tried again.
    func pause() async throws {
        try await executor.loop.scheduleTask(in: .seconds(1)) {}.futureResult.get()
        try Task.checkCancellation()
    }

    private func callHouseLater() {
        guard !isHouseDue else { return }
        isHouseDue = true
        executor.loop.scheduleTask(in: .seconds(1)) { [weak self] in self?.assumeIsolated { $0.callHouseNow() } }
    }

    private func callHouseNow() {
        isHouseDue = false
        callHouse.yield()
    }

    private func tryToRefillReserve() async throws {
        guard let reserve else {
            isDiskFull = false
            return
        }
        if await reserve.restoreReserve() {
            logger.notice("there is room on the disk again: submissions are accepted")
            isDiskFull = false
            return
        }
        callHouseLater()
    }
}

extension Timestamp {
    static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }
}
