internal import FoundationEssentials
internal import Martlet

/// One line of `submit --ndjson`: a job as JSON.
enum JobLine {
    /// Why a line is no job.
    struct Fault: Error, Equatable {
        var field: String?
        var message: String
    }

    static let fields = [
        "kind", "queue", "payload", "payload_base64", "priority", "delay", "run_at", "timeout", "attempts", "key",
    ]

    static func read(_ line: [UInt8]) throws(Fault) -> RawJob {
        let members: [(name: String, value: JSONScanner.Value)]
        do {
            members = try JSONScanner.members(of: line)
        } catch {
            throw Fault(field: nil, message: "\(error)")
        }
        var job = RawJob(kind: "", payload: [])
        for (name, value) in members {
            // Null says the same as leaving a field out; as a payload it is itself.
            if value == .other("null"), name != "payload", fields.contains(name) { continue }
            try set(name, value, in: &job)
        }
        try check(job, members.map(\.name))
        return job
    }

    private static func set(_ name: String, _ value: JSONScanner.Value, in job: inout RawJob) throws(Fault) {
        switch name {
        case "kind": job.kind = try string(value, name)
        case "queue": job.options.queue = try string(value, name)
        case "key": job.options.idempotencyKey = try string(value, name)
        case "priority": job.options.priority = try integer(value, name)
        case "attempts": job.options.attempts = try integer(value, name)
        case "delay": job.options.delay = try duration(value, name)
        case "timeout": job.options.timeout = try duration(value, name)
        case "run_at":
            guard let instant = InstantText.parse(try string(value, name)) else {
                throw Fault(field: name, message: "must be \(InstantText.hint)")
            }
            job.options.runAt = instant
        case "payload":
            switch value {
            case .string(let text): job.payload = Array(text.utf8)
            case .other(let text): job.payload = Array(text.utf8)
            }
        case "payload_base64":
            guard let data = Data(base64Encoded: try string(value, name)) else {
                throw Fault(field: name, message: "must be base64")
            }
            job.payload = [UInt8](data)
        default:
            throw Fault(field: name, message: "is no field of a job; known are \(fields.joined(separator: ", "))")
        }
    }

    private static func check(_ job: RawJob, _ names: [String]) throws(Fault) {
        guard !job.kind.isEmpty else { throw Fault(field: "kind", message: "is missing") }
        guard !names.contains("payload") || !names.contains("payload_base64") else {
            throw Fault(field: "payload_base64", message: "cannot be given together with payload")
        }
        guard job.options.delay == nil || job.options.runAt == nil else {
            throw Fault(field: "run_at", message: "cannot be given together with delay")
        }
    }

    private static func string(_ value: JSONScanner.Value, _ name: String) throws(Fault) -> String {
        guard case .string(let text) = value else { throw Fault(field: name, message: "must be a string") }
        return text
    }

    private static func integer(_ value: JSONScanner.Value, _ name: String) throws(Fault) -> Int {
        guard case .other(let text) = value, let number = Int(text) else {
            throw Fault(field: name, message: "must be a whole number")
        }
        return number
    }

    private static func duration(_ value: JSONScanner.Value, _ name: String) throws(Fault) -> Duration {
        guard let duration = DurationText.parse(try string(value, name)) else {
            throw Fault(field: name, message: "must be \(DurationText.hint)")
        }
        return duration
    }
}
