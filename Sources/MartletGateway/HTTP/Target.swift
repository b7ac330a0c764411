internal import HTTPTypes

/// What a path names. Custom verbs follow the last colon: `/v1/jobs/{id}:cancel`.
enum Target: Equatable, Sendable {
    case jobs
    case jobsBatch
    case job(String)
    case jobEvents(String)
    case verb(JobVerb, String)
    case attemptsLease
    case queues
    case workers
    case live
    case ready
    case metrics
    case openAPI

    enum JobVerb: String, CaseIterable, Sendable {
        case cancel, redrive, extend, complete, fail, release
    }

    /// Nil: no such path. Throws when the path is not well percent-encoded.
    init?(path: some StringProtocol) throws(Problem) {
        var segments: [String] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let decoded = Percent.decode(segment) else {
                throw Problem(.malformedRequest, "the path is not well percent-encoded")
            }
            segments.append(decoded)
            guard segments.count <= 4 else { return nil }
        }
        switch segments {
        case ["livez"]: self = .live
        case ["readyz"]: self = .ready
        case ["metrics"]: self = .metrics
        case ["openapi.yaml"]: self = .openAPI
        case ["v1", "jobs"]: self = .jobs
        case ["v1", "jobs:batch"]: self = .jobsBatch
        case ["v1", "attempts:lease"]: self = .attemptsLease
        case ["v1", "queues"]: self = .queues
        case ["v1", "workers"]: self = .workers
        default:
            guard let target = Target(jobSegments: segments) else { return nil }
            self = target
        }
    }

    private init?(jobSegments segments: [String]) {
        guard segments.count >= 3, segments.starts(with: ["v1", "jobs"]), !segments[2].isEmpty else { return nil }
        let name = segments[2]
        switch segments.dropFirst(3).first {
        case "events": self = .jobEvents(name)
        case nil:
            guard let colon = name.lastIndex(of: ":") else {
                self = .job(name)
                return
            }
            guard let verb = JobVerb(rawValue: String(name[name.index(after: colon)...])) else { return nil }
            self = .verb(verb, String(name[..<colon]))
        default: return nil
        }
    }

    var methods: [HTTPRequest.Method] {
        switch self {
        case .jobs: [.get, .head, .post]
        case .job, .jobEvents, .queues, .workers, .live, .ready, .metrics, .openAPI: [.get, .head]
        case .jobsBatch, .verb, .attemptsLease: [.post]
        }
    }
}
