internal import FoundationEssentials
internal import Martlet

/// JSON with the names and forms of the HTTP API (protobuf's JSON mapping): 64-bit numbers and durations are strings,
/// bytes are base64, what is not set is left out. Counts are written even when they are zero.
extension JSONValue {
    init(_ job: JobSnapshot) {
        var members = Members()
        members.add("id", job.id)
        members.add("kind", job.kind)
        members.add("queue", job.queue)
        members.add("state", job.state.rawValue.uppercased())
        members.add("priority", job.priority)
        members.add("payload", job.payload)
        members.add("result", job.result)
        members.add("failure", job.failure)
        members.add("attempt", job.attempt)
        members.add("failedAttempts", job.failedAttempts)
        members.add("lostAttempts", job.lostAttempts)
        members.add("submittedAt", job.submittedAt)
        members.add("startedAt", job.startedAt)
        members.add("finishedAt", job.finishedAt)
        members.add("dueAt", job.dueAt)
        members.add("timeout", job.timeout)
        var retry = Members()
        if let attempts = job.attempts { retry.add("attempts", attempts) }
        retry.add("initialBackoff", job.initialBackoff)
        retry.add("maxBackoff", job.maxBackoff)
        if !retry.list.isEmpty { members.list.append(("retry", .object(retry.list))) }
        members.add("idempotencyKey", job.idempotencyKey)
        members.add("traceparent", job.traceparent)
        self = .object(members.list)
    }

    init(_ event: JobEvent) {
        var members = Members()
        members.add("time", event.time)
        members.add("position", "\(event.position)")
        members.add("event", event.event)
        members.add("attempt", event.attempt)
        members.add("sessionId", event.sessionID)
        members.add("failure", event.failure)
        members.add("state", event.state.rawValue.uppercased())
        members.add("dueAt", event.dueAt)
        self = .object(members.list)
    }

    init(_ queue: QueueSnapshot) {
        var members = Members()
        members.add("name", queue.name)
        members.add("scheduled", "\(queue.scheduled)")
        members.add("queued", "\(queue.queued)")
        members.add("running", "\(queue.running)")
        members.add("retrying", "\(queue.retrying)")
        members.add("succeeded", "\(queue.succeeded)")
        members.add("dead", "\(queue.dead)")
        members.add("cancelled", "\(queue.cancelled)")
        members.add("workers", queue.workers)
        members.add("oldestWaiting", queue.oldestWaiting)
        self = .object(members.list)
    }

    init(_ worker: WorkerSnapshot) {
        var members = Members()
        members.add("sessionId", worker.sessionID)
        members.add("name", worker.name)
        members.list.append(("queues", .array(worker.queues.map { .string($0) })))
        members.add("concurrency", worker.concurrency)
        members.add("running", worker.running)
        members.add("connectedAt", worker.connectedAt)
        members.add("lastSeenAt", worker.lastSeenAt)
        members.list.append(("connected", .bool(worker.isConnected)))
        self = .object(members.list)
    }
}

/// The members of one object, as they come.
private struct Members {
    var list: [(name: String, value: JSONValue)] = []

    mutating func add(_ name: String, _ text: String?) {
        if let text { list.append((name, .string(text))) }
    }

    mutating func add(_ name: String, _ number: Int) {
        list.append((name, .integer(Int64(number))))
    }

    mutating func add(_ name: String, _ bytes: [UInt8]) {
        if !bytes.isEmpty { list.append((name, .string(Data(bytes).base64EncodedString()))) }
    }

    mutating func add(_ name: String, _ date: Date?) {
        if let date { list.append((name, .string(InstantText.format(date)))) }
    }

    mutating func add(_ name: String, _ duration: Duration?) {
        if let duration { list.append((name, .string(Self.seconds(duration)))) }
    }

    mutating func add(_ name: String, _ failure: JobFailure?) {
        guard let failure else { return }
        list.append((name, .object([("code", .string(failure.code)), ("message", .string(failure.message))])))
    }

    /// As protobuf writes durations: `1.500s`, with no, three, six or nine decimals.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = (attoseconds / 1_000_000_000).magnitude
        let sign = duration < .zero ? "-" : ""
        guard nanoseconds > 0 else { return "\(sign)\(seconds.magnitude)s" }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("000") { digits.removeLast(3) }
        return "\(sign)\(seconds.magnitude).\(digits)s"
    }
}
