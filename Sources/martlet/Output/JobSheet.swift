internal import FoundationEssentials
internal import Martlet

/// One job in full, a line for each thing there is to say.
enum JobSheet {
    static func lines(_ job: JobSnapshot, now: Date) -> [String] {
        var lines: [(String, String)] = [
            ("id", job.id), ("kind", job.kind), ("queue", job.queue), ("state", job.state.rawValue),
            ("priority", "\(job.priority)"),
            ("attempt", "\(job.attempt) (\(job.failedAttempts) failed, \(job.lostAttempts) lost)"),
        ]
        func add(_ name: String, _ date: Date?) {
            guard let date else { return }
            lines.append((name, "\(InstantText.format(date)) (\(Age.text(of: date, now: now)))"))
        }
        add("submitted", job.submittedAt)
        add("due", job.dueAt)
        add("started", job.startedAt)
        add("finished", job.finishedAt)
        if let timeout = job.timeout { lines.append(("timeout", DurationText.format(timeout))) }
        if let attempts = job.attempts { lines.append(("attempts", "\(attempts)")) }
        if let key = job.idempotencyKey { lines.append(("key", key)) }
        if let traceparent = job.traceparent { lines.append(("traceparent", traceparent)) }
        if let failure = job.failure { lines.append(("failure", "\(failure.code): \(failure.message)")) }
        if !job.payload.isEmpty { lines.append(("payload", excerpt(job.payload))) }
        if !job.result.isEmpty { lines.append(("result", excerpt(job.result))) }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width + 2 - name.count) + Table.visible(value)
        }
    }

    /// The beginning of what is text, or the size of what is not.
    private static func excerpt(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(bytes.count) bytes" }
        return text.count > 200 ? "\(text.prefix(200))… (\(bytes.count) bytes)" : text
    }
}
