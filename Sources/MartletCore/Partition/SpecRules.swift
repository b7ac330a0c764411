/// What a job spec must satisfy. Whatever is refused is refused with the limit in the message.
struct SpecRules {
    let limits: Limits
    let now: Timestamp
    /// A delay counts from then.
    let asked: Timestamp

    func check(_ spec: JobSpec, at index: Int) throws(Refusal) {
        try check(name: spec.kind, field: "kind", at: index)
        try check(name: spec.queue, field: "queue", at: index)
        if let key = spec.idempotencyKey { try check(name: key, field: "idempotency_key", at: index) }
        try require(spec.payload.count <= limits.payloadBytes, "payload", at: index) {
            "\(spec.payload.count) bytes are over the limit of \(limits.payloadBytes)"
        }
        try require(spec.priority <= 9, "priority", at: index) { "\(spec.priority) is not within 0 to 9" }
        try check(spec.retry, at: index)
        if let timeout = spec.timeout {
            try require(timeout.wholeMicroseconds > .zero && timeout <= limits.longestDuration, "timeout", at: index) {
                "it must be at least a microsecond and at most \(limits.longestDuration)"
            }
        }
        try check(spec.start, at: index)
        if let traceparent = spec.traceparent {
            let isFine = traceparent.utf8.count <= 128 && traceparent.utf8.allSatisfy { 0x20...0x7E ~= $0 }
            try require(isFine, "traceparent", at: index) { "it must be at most 128 bytes of printable ASCII" }
        }
    }

    func check(name: String, field: String, at index: Int) throws(Refusal) {
        try require(Self.isName(name, limit: limits.nameBytes), field, at: index) {
            "it must be 1 to \(limits.nameBytes) bytes of A-Z a-z 0-9 . _ : / -"
        }
    }

    /// Nil: at once.
    func due(_ start: JobSpec.Start) -> Timestamp? {
        switch start {
        case .now: nil
        case .at(let time): time > now ? time : nil
        case .after(let delay): delay > .zero ? asked + delay : nil
        }
    }

    static func isName(_ text: String, limit: Int) -> Bool {
        let count = text.utf8.count
        guard count > 0, count <= limit else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            // From "-" to ":" are - . / 0 to 9 and :
            case UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private func check(_ retry: RetryPolicy, at index: Int) throws(Refusal) {
        try require(1...1000 ~= retry.attempts, "retry.attempts", at: index) {
            "\(retry.attempts) is not within 1 to 1000"
        }
        let longest = limits.longestDuration
        try require(
            retry.initialBackoff >= .zero && retry.initialBackoff <= retry.maxBackoff, "retry.initial_backoff",
            at: index
        ) { "it must be within 0 and the longest backoff, \(retry.maxBackoff)" }
        try require(retry.maxBackoff <= longest, "retry.max_backoff", at: index) { "it must be at most \(longest)" }
    }

    private func check(_ start: JobSpec.Start, at index: Int) throws(Refusal) {
        let furthest = limits.furthestStart
        switch start {
        case .now:
            break
        case .at(let time):
            try require(time <= now + furthest, "run_at", at: index) { "it must be at most \(furthest) from now" }
        case .after(let delay):
            try require(delay >= .zero && delay <= furthest, "delay", at: index) {
                "it must be within 0 and \(furthest)"
            }
        }
    }

    private func require(
        _ holds: Bool, _ field: String, at index: Int, _ message: () -> String
    ) throws(Refusal) {
        guard !holds else { return }
        throw .invalid(index: index, field: field, message: message())
    }
}
