import Logging
import MartletCore

extension Leader {
    /// Hands what is ready to those who take it, fairly: first each an even share, then whatever is left.
    func dispatch() {
        guard phase == .leading, dispatcher.hasWork else { return }
        let round = dispatcher.nextRound { partition.readyCount(in: $0) > 0 }
        let shares = evenShares(of: round)
        for (queue, takers) in round {
            hand(queue, to: takers, atMost: shares)
        }
        // What an even share left over goes to whoever still has room.
        if !shares.isEmpty {
            for (queue, takers) in round { hand(queue, to: takers, atMost: [:]) }
        }
        for (queue, takers) in round {
            wantPage(of: queue)
            // All that may run at once is running: whichever attempt ends first, this queue is looked at again.
            if partition.readyCount(in: queue) > 0, takers.contains(where: { credit(of: $0) > 0 }) {
                dispatcher.keepWaiting(queue)
            }
        }
    }

    /// How many jobs of each queue a session may take at first, so that none of its queues starves another.
    private func evenShares(of round: [(queue: String, takers: [Dispatcher.Taker])]) -> [Dispatcher.Taker: Int] {
        guard round.count > 1 else { return [:] }
        var queues: [Dispatcher.Taker: Int] = [:]
        for (queue, takers) in round where partition.readyCount(in: queue) > 0 {
            for taker in takers { queues[taker, default: 0] += 1 }
        }
        return queues.reduce(into: [:]) { shares, taker in
            shares[taker.key] = max(1, credit(of: taker.key) / taker.value)
        }
    }

    private func hand(_ queue: String, to takers: [Dispatcher.Taker], atMost shares: [Dispatcher.Taker: Int]) {
        var waiting = takers.filter { credit(of: $0) > 0 }
        while !waiting.isEmpty {
            let ready = partition.readyCount(in: queue)
            guard ready > 0 else { return }
            let even = (ready + waiting.count - 1) / waiting.count
            var isOver = true
            for taker in waiting {
                let limit = min(even, credit(of: taker), shares[taker] ?? .max)
                if start(limit, from: queue, for: taker) > 0 { isOver = false }
            }
            guard shares.isEmpty, !isOver else { return }
            waiting.removeAll { credit(of: $0) == 0 }
        }
    }

    func credit(of taker: Dispatcher.Taker) -> Int {
        switch taker {
        case .session(let id): sessions[id]?.credit ?? 0
        case .lease(let ticket): leases[ticket]?.limit ?? 0
        }
    }

    /// - Returns: how many attempts were started.
    private func start(_ limit: Int, from queue: String, for taker: Dispatcher.Taker) -> Int {
        guard limit > 0 else { return 0 }
        let command: Command.Start
        switch taker {
        case .session(let id):
            command = Command.Start(queue: queue, session: id, limit: limit, lease: nil)
        case .lease(let ticket):
            guard let lease = leases[ticket] else { return 0 }
            command = Command.Start(
                queue: queue, session: lease.session, limit: limit, bytes: configuration.leaseBytes,
                lease: lease.duration)
        }
        let first = batch.events.count
        do {
            _ = try decide(.start(command), asked: clock.now + writing)
        } catch {
            logger.error("a start was refused", metadata: ["queue": "\(queue)", "refusal": "\(error)"])
            return 0
        }
        let deliveries = batch.events[first...].compactMap { delivery($0, lease: command.lease) }
        guard !deliveries.isEmpty else { return 0 }
        switch taker {
        case .session(let id):
            guard let connection = sessions.connection(of: id) else { break }
            batch.effects.append(.deliver(deliveries, to: connection))
        case .lease(let ticket):
            answerLease(ticket, with: deliveries)
        }
        return deliveries.count
    }

    private func delivery(_ event: Event, lease: Duration?) -> Delivery? {
        guard case .started(let started) = event, let job = partition.job(started.job.id) else { return nil }
        return Delivery(
            attempt: AttemptID(job: started.job.id, token: started.lease.token), number: started.attempt,
            kind: job.kind, queue: started.job.queue, payload: job.payload, timeout: job.timeout,
            traceparent: job.traceparent, submittedAt: job.submittedAt, lease: lease)
    }
}
