extension Partition {
    /// Hands out the best jobs of a queue. A walk along the lane: its cost is the number of jobs started.
    func start(_ order: Command.Start, at now: Timestamp, into events: inout [Event]) throws(Refusal) -> Answer {
        if let lease = order.lease { try checkLease(lease) }
        guard let place = queues.find(order.queue) else { return .done }
        let room = min(order.limit, limits.running - runningCount)
        guard room > 0 else { return .done }
        let until = order.lease.map { now + $0 }
        let boundary = queues[place].lane.coldFrom
        var (bytes, left) = (runningBytes, order.bytes)
        var token = nextToken
        for entry in queues[place].lane.hot {
            // What is behind the boundary may have to wait for something cold.
            if let boundary, entry.key >= boundary { break }
            guard token - nextToken < UInt64(room), bytes <= limits.hotBytes else { break }
            let size = slab[entry.slot].job.payload.count
            guard size <= left || token == nextToken else { break }
            let timesOut = slab[entry.slot].job.timeout.map { now + $0 + limits.timeoutSlack }
            let lease = Lease(
                token: FencingToken(token), session: order.session, until: until, timesOut: timesOut)
            events.append(
                .started(
                    Event.Started(
                        job: slab[entry.slot].job.subject, attempt: slab[entry.slot].job.attempt + 1, lease: lease)))
            bytes += size
            left -= min(size, left)
            token += 1
        }
        return .done
    }

    func checkLease(_ duration: Duration) throws(Refusal) {
        guard duration > .zero, duration <= limits.longestDuration else {
            throw .invalid(
                index: 0, field: "lease", message: "it must be above 0 and at most \(limits.longestDuration)")
        }
    }
}
