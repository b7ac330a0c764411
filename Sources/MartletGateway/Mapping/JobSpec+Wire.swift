internal import MartletCore
internal import MartletWire

extension JobSpec {
    /// What the caller asked for. Limits are the node's to check; here is only what the wire can say and a spec cannot.
    /// `place` leads to the spec: empty, or `jobs[3].`.
    init(wire: Martlet_V1_JobSpec, place: @autoclosure () -> String) throws(Problem) {
        if wire.payload.isEmpty, wire.payloadText.isEmpty == false {
            self.init(kind: wire.kind, payload: Array(wire.payloadText.utf8))
        } else if wire.payloadText.isEmpty {
            self.init(kind: wire.kind, payload: Array(wire.payload))
        } else {
            throw .invalid("\(place())payload_text", "at most one of payload and payload_text may be set")
        }
        if wire.queue.isEmpty == false { queue = wire.queue }
        if wire.hasPriority {
            guard let exact = UInt8(exactly: wire.priority) else {
                throw .invalid("\(place())priority", "must be from 0 to 9")
            }
            priority = exact
        }
        start = try Start(wire: wire, place: place())
        if wire.hasTimeout { timeout = try Duration(wire: wire.timeout, field: "\(place())timeout") }
        if wire.hasRetry { retry = try RetryPolicy(wire: wire.retry, place: "\(place())retry.") }
        if wire.idempotencyKey.isEmpty == false { idempotencyKey = wire.idempotencyKey }
        if wire.traceparent.isEmpty == false {
            guard Traceparent.isWellFormed(wire.traceparent) else {
                throw .invalid("\(place())traceparent", "must be a W3C traceparent of 55 characters")
            }
            traceparent = wire.traceparent
        }
    }
}

extension JobSpec.Start {
    fileprivate init(wire: Martlet_V1_JobSpec, place: @autoclosure () -> String) throws(Problem) {
        switch (wire.hasRunAt, wire.hasDelay) {
        case (false, false): self = .now
        case (true, false): self = .at(try Timestamp(wire: wire.runAt, field: "\(place())run_at"))
        case (false, true): self = .after(try Duration(wire: wire.delay, field: "\(place())delay"))
        case (true, true): throw .invalid("\(place())delay", "at most one of run_at and delay may be set")
        }
    }
}

extension RetryPolicy {
    fileprivate init(wire: Martlet_V1_RetryPolicy, place: String) throws(Problem) {
        self = .standard
        if wire.attempts != 0 { attempts = Int(clamping: wire.attempts) }
        if wire.hasInitialBackoff {
            initialBackoff = try Duration(wire: wire.initialBackoff, field: "\(place)initial_backoff")
        }
        if wire.hasMaxBackoff { maxBackoff = try Duration(wire: wire.maxBackoff, field: "\(place)max_backoff") }
    }
}

extension SubmissionStamp {
    /// Nil: the submission is not numbered.
    static func make(wire: Martlet_V1_SubmitRequest) throws(Problem) -> SubmissionStamp? {
        guard wire.sequence != 0 || !wire.clientID.isEmpty else { return nil }
        let client = try ClientID(wire: wire.clientID, field: "client_id")
        return wire.sequence == 0 ? nil : SubmissionStamp(client: client, sequence: wire.sequence)
    }
}

extension Martlet_V1_SubmitRequest {
    /// The specs of all jobs, or what is wrong with the first that is wrong.
    func specs() throws(Problem) -> [JobSpec] {
        var specs: [JobSpec] = []
        specs.reserveCapacity(jobs.count)
        for (index, job) in jobs.enumerated() { specs.append(try JobSpec(wire: job, place: "jobs[\(index)].")) }
        return specs
    }
}
