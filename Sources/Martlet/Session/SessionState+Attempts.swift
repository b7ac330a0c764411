internal import MartletWire
internal import NIOCore

// The attempts.
extension SessionState {
    /// Attempts to run now. While draining none is: they go back at once.
    mutating func received(_ attempts: [Martlet_V1_Attempt], at now: NIODeadline) -> [Martlet_V1_Attempt] {
        guard phase == .working else {
            for attempt in attempts { pending.append(.released(Key(attempt))) }
            return []
        }
        return attempts.filter { attempt in
            let deadline = attempt.hasTimeout ? now + TimeAmount(Duration(attempt.timeout)) : nil
            // Sent twice: it runs already.
            return running.updateIfAbsent(Running(run: nil, deadline: deadline), forKey: Key(attempt))
        }
    }

    mutating func started(_ key: Key, _ run: Run) {
        running[key]?.run = run
    }

    /// The handler's word on its attempt. False if it comes too late: the attempt timed out, was revoked or released.
    @discardableResult
    mutating func ended(_ outcome: Martlet_V1_Outcome) -> Bool {
        guard running.removeValue(forKey: Key(outcome)) != nil else { return false }
        pending.append(outcome)
        return true
    }

    /// Handlers to cancel: the server gave their attempts to others, or nobody wants them any more.
    mutating func revoked(_ attempts: [Martlet_V1_Held]) -> [Run] {
        attempts.compactMap { running.removeValue(forKey: Key(jobID: $0.jobID, token: $0.token))?.run }
    }

    /// Fails the attempts whose time is over; returns their handlers to cancel.
    mutating func expire(at now: NIODeadline) -> [Run] {
        var runs: [Run] = []
        for (key, entry) in running {
            guard let deadline = entry.deadline, deadline <= now else { continue }
            running[key] = nil
            pending.append(.failed(key, code: "timeout", message: "the attempt took longer than its timeout"))
            if let run = entry.run { runs.append(run) }
        }
        return runs
    }

    var nextDeadline: NIODeadline? {
        running.values.lazy.compactMap(\.deadline).min()
    }

    /// What the server made of the reports up to this number: the outcomes that it refused, each with its reason.
    mutating func settled(
        _ message: Martlet_V1_Settled
    ) -> [(outcome: Martlet_V1_Outcome, refusal: Martlet_V1_Refusal)] {
        let count = reports.prefix { $0.number <= message.number }.count
        defer { reports.removeFirst(count) }
        passed(reports.prefix(count).reduce(0) { $0 + $1.outcomes.count })
        guard !message.refused.isEmpty else { return [] }
        let refused = Dictionary(
            message.refused.map { (Key(jobID: $0.jobID, token: $0.token), $0.refusal) }, uniquingKeysWith: { $1 })
        var found: [(Martlet_V1_Outcome, Martlet_V1_Refusal)] = []
        for outcome in reports.prefix(count).flatMap(\.outcomes) {
            guard let refusal = refused[Key(outcome)] else { continue }
            found.append((outcome, refusal))
            if let other = outcome.replacement(after: refusal) { pending.append(other) }
        }
        return found
    }
}

// An outcome that the server cannot read.
extension SessionState {
    /// The server has ended the stream over what it was sent, and any outcome that is not settled may be to blame.
    ///
    /// They are reported again in halves, one report at a time, until the one that is to blame is alone; then another
    /// is said in its place, if there is one. Returns the one that was found.
    mutating func blamed(_ message: String) -> Martlet_V1_Outcome? {
        let suspects = reports.flatMap(\.outcomes)
        guard let found = suspects.first else { return nil }
        guard suspects.count == 1 else {
            search = (suspects.count, suspects.count / 2)
            return nil
        }
        search = nil
        reports = []
        if let other = found.unread(message) { pending.insert(other, at: 0) }
        return found
    }

    /// The server has read so many outcomes.
    private mutating func passed(_ count: Int) {
        guard let (left, perReport) = search else { return }
        search = left > count ? (left - count, perReport) : nil
    }
}

// The end.
extension SessionState {
    /// Takes nothing new from here on.
    mutating func drain() {
        if phase == .working { phase = .draining }
    }

    /// Gives back what still runs.
    mutating func releaseRunning() {
        for key in running.keys { pending.append(.released(key)) }
        running = [:]
    }

    /// Nothing follows the outcomes that are left.
    mutating func close() {
        phase = .closing
    }
}
