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
        // No later than the entry says: what it tells must have been due by then.
        let now = batch.time ?? clock.now
        if let wanted = partition.timerPageWantedAt, wanted <= now { beginPage(of: .timers) }
        let latest = clock.now < hearingUntil ? min(hearingSince, now) : now
        guard let due = partition.nextDue, due <= latest else { return }
        do {
            _ = try decide(.tick(seed: random.next(), limit: Self.dueAtOnce), asked: latest)
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

    /// A longer silence of the leader itself is a standstill.
    private var longestPause: Duration { min(configuration.heartbeatInterval, .seconds(5)) }

    /// Looks twice in each such time whether the leader itself stood still.
    func feelPulse() -> RepeatedTask {
        lastPulse = clock.now
        let often = TimeAmount(longestPause / 2)
        return executor.loop.scheduleRepeatedTask(initialDelay: often, delay: often) { [weak self] _ in
            self?.assumeIsolated { $0.noticeStandstill() }
        }
    }

    /// A leader that was stopped, or had no processor, cannot tell who was silent meanwhile: what its workers said waits
    /// unread. Every grace begins anew, and what time brings waits until they have been heard.
    func noticeStandstill() {
        let now = clock.now
        defer { lastPulse = now }
        guard now - lastPulse > longestPause else { return }
        logger.warning("the server stood still", metadata: ["for": "\(now - lastPulse)"])
        sessions.heardAll(at: now)
        // What is left of an earlier hearing goes on: it is the time for which the leader runs that counts.
        hear(since: lastPulse, for: lastPulse < hearingUntil ? hearingUntil - lastPulse : Self.hearing)
        wakeWriter()
    }

    /// Writing an entry took so long. Attempts that begin with one that took longer than those before have as much more
    /// time, and those to come are given it from the start.
    func noticeSlowness(_ took: Duration, since began: Timestamp) {
        if took - writing > Self.hearing { hear(since: began, for: took - writing) }
        writing = took > Self.hearing ? max(took, writing / 2) : writing / 2
    }

    /// Nothing ends for so long that became due after `start`; what was due before then does.
    private func hear(since start: Timestamp, for length: Duration) {
        if start >= hearingUntil { hearingSince = start }
        hearingUntil = max(hearingUntil, clock.now + length)
    }

    private func timerFired() {
        timer = nil
        timerDue = nil
        wakeWriter()
    }
}
