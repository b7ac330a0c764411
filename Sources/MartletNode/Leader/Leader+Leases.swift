import Logging
import MartletCore
import MartletWire
import NIOCore

/// A caller who waits for attempts without a session.
struct LeaseWaiter {
    let session: SessionID
    let queues: [String]
    let limit: Int
    let duration: Duration
    let answer: @Sendable (Result<[Delivery], NodeError>) -> Void
}

/// All callers who wait for a lease, by ticket.
struct LeaseWaiters {
    private var waiting: [UInt64: LeaseWaiter] = [:]
    private var nextTicket: UInt64 = 1
    /// Of all callers together, each as often as it is named: that is what they cost.
    private(set) var queueCount = 0

    var count: Int { waiting.count }

    subscript(ticket: UInt64) -> LeaseWaiter? { waiting[ticket] }

    mutating func add(_ waiter: LeaseWaiter) -> UInt64 {
        defer { nextTicket += 1 }
        waiting[nextTicket] = waiter
        queueCount += waiter.queues.count
        return nextTicket
    }

    mutating func remove(_ ticket: UInt64) -> LeaseWaiter? {
        guard let waiter = waiting.removeValue(forKey: ticket) else { return nil }
        queueCount -= waiter.queues.count
        return waiter
    }

    mutating func takeAll() -> [@Sendable (Result<[Delivery], NodeError>) -> Void] {
        defer { (waiting, queueCount) = ([:], 0) }
        return waiting.sorted { $0.key < $1.key }.map(\.value.answer)
    }
}

extension Leader {
    /// How long a page may take to come in, for a caller who does not want to wait at all.
    private static let pagingPatience = Duration.milliseconds(500)

    /// Leases up to `limit` attempts; waits for the first. Empty when none came in time.
    func lease(
        queues: [String], limit: Int, lease: Duration, wait: Duration
    ) async throws(NodeError) -> [Delivery] {
        try requireLeading()
        try checkQueues(queues)
        guard leases.queueCount + queues.count <= configuration.waiters else {
            throw exhausted("queues of waiting calls", configuration.waiters)
        }
        let session = SessionID(high: random.next(), low: random.next())
        let (answers, answer) = AsyncStream.makeStream(of: Result<[Delivery], NodeError>.self)
        let ticket = leases.add(
            LeaseWaiter(session: session, queues: queues, limit: limit, duration: lease) {
                answer.yield($0)
                answer.finish()
            })
        dispatcher.subscribe(.lease(ticket), to: queues)
        wakeWriter()
        // Whoever does not want to wait still gets what is there: also what is still on its way into memory.
        let isSomethingThere = queues.contains { partition.counts(of: $0).queued > 0 }
        let patience = isSomethingThere ? max(wait, Self.pagingPatience) : wait
        let timeout = executor.loop.scheduleTask(in: TimeAmount(patience)) { [weak self] in
            // A wait of no time ends below, once what is decided now is durable.
            if patience > .zero { self?.assumeIsolated { $0.answerEmpty(ticket) } }
        }
        defer { timeout.cancel() }
        if patience <= .zero {
            try await committed()
            answerEmpty(ticket)
        }
        for await result in answers {
            if !Task.isCancelled { return try result.get() }
        }
        // The caller went away. What was started for it meanwhile goes back: nobody will do it.
        withdrawLease(ticket)
        for attempt in partition.runningJobs(of: session) {
            do {
                _ = try decide(.release(attempt))
            } catch {
                logger.error("a release was refused", metadata: ["refusal": "\(error)"])
            }
        }
        return []
    }

    /// Takes a waiter out of every line; its answer follows when the batch is durable.
    func answerLease(_ ticket: UInt64, with deliveries: [Delivery]) {
        guard let waiter = withdrawLease(ticket) else { return }
        batch.effects.append(
            .answer { failure in waiter.answer(failure.map(Result.failure) ?? .success(deliveries)) })
    }

    private func answerEmpty(_ ticket: UInt64) {
        withdrawLease(ticket)?.answer(.success([]))
    }

    @discardableResult
    private func withdrawLease(_ ticket: UInt64) -> LeaseWaiter? {
        guard let waiter = leases.remove(ticket) else { return nil }
        dispatcher.unsubscribe(.lease(ticket), from: waiter.queues)
        return waiter
    }
}
