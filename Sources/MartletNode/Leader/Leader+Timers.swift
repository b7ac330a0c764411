import Logging
import MartletCore
import MartletWire
import NIOCore

extension Leader {
    /// How many due things one batch takes: the rest follows in the next.
    private static let dueAtOnce = 10_000

    /// Lets happen what is due: backoffs, delayed starts, leases and attempts that ran out.
    func tick() {
        noticeStandstill()
        guard clock.now >= hearingUntil else { return }
        let now = batch.time ?? clock.now
        if let wanted = partition.timerPageWantedAt, wanted <= now { beginPage(of: .timers) }
        guard let due = partition.nextDue, due <= now else { return }
        do {
            _ = try decide(.tick(seed: random.next(), limit: Self.dueAtOnce))
        } catch {
            logger.error("a tick was refused", metadata: ["refusal": "\(error)"])
        }
    }

    /// Sets the loop's timer for the next thing that time brings.
    func armTimer() {
        let next = [partition.nextDue, partition.timerPageWantedAt].compactMap(\.self).min()
        guard next != timerDue || timer == nil else { return }
        timer?.cancel()
        timer = nil
        timerDue = next
        guard let next else { return }
        timer = executor.loop.scheduleTask(in: TimeAmount(max(next, hearingUntil) - clock.now)) { [weak self] in
            self?.assumeIsolated { $0.timerFired() }
        }
    }

    /// How long those are heard who spoke while the leader stood still, before anything ends for want of a word.
    private static let hearing = Duration.seconds(1)

    /// Looks twice in each interval of the heartbeat whether the leader itself stood still.
    func feelPulse() -> RepeatedTask {
        lastPulse = clock.now
        let often = TimeAmount(configuration.heartbeatInterval / 2)
        return executor.loop.scheduleRepeatedTask(initialDelay: often, delay: often) { [weak self] _ in
            self?.assumeIsolated { $0.noticeStandstill() }
        }
    }

    /// A leader that was stopped, or had no processor, cannot tell who was silent meanwhile: what its workers said waits
    /// unread. Every grace begins anew, and what time brings waits until they have been heard.
    func noticeStandstill() {
        let now = clock.now
        defer { lastPulse = now }
        guard now - lastPulse > configuration.heartbeatInterval else { return }
        logger.warning("the server stood still", metadata: ["for": "\(now - lastPulse)"])
        sessions.heardAll(at: now)
        hearingUntil = now + Self.hearing
        wakeWriter()
    }

    private func timerFired() {
        timer = nil
        timerDue = nil
        wakeWriter()
    }
}
