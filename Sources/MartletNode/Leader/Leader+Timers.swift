import Logging
import MartletCore
import MartletWire
import NIOCore

extension Leader {
    /// How many due things one batch takes: the rest follows in the next.
    private static let dueAtOnce = 10_000

    /// Lets happen what is due: backoffs, delayed starts, leases and attempts that ran out.
    func tick() {
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
        timer = executor.loop.scheduleTask(in: TimeAmount(next - clock.now)) { [weak self] in
            self?.assumeIsolated { $0.timerFired() }
        }
    }

    private func timerFired() {
        timer = nil
        timerDue = nil
        wakeWriter()
    }
}
