import ArgumentParser

/// One number that the bench can find. `docs/BENCHMARKS.md` says what each means.
enum Figure: String, CaseIterable, ExpressibleByArgument, Sendable {
    case endToEnd = "end_to_end_jobs_per_s"
    case submitBatched = "submit_batched_jobs_per_s"
    case submitSingle = "submit_single_jobs_per_s"
    case latencyMedian = "latency_p50_ms"
    case latencyTail = "latency_p99_ms"
    case serverProcessor = "server_cpu_us_per_job"
    case waitingBytes = "bytes_per_waiting_job"
    case backlogRatio = "dispatch_with_backlog_ratio"
    case restart = "restart_to_first_job_s"
    case idle = "idle_cpu_percent"
    case start = "start_ms"
    case logLimit = "log_append_limit_events_per_s"

    var unit: String {
        switch self {
        case .endToEnd, .submitBatched, .submitSingle: "jobs/s"
        case .latencyMedian, .latencyTail, .start: "ms"
        case .serverProcessor: "us/job"
        case .waitingBytes: "bytes/job"
        case .backlogRatio: "ratio"
        case .restart: "s"
        case .idle: "percent"
        case .logLimit: "events/s"
        }
    }

    /// What must be reached at least, and the goal of DESIGN.md.
    var bar: (must: String, goal: String) {
        switch self {
        case .endToEnd: ("65,000", "200,000")
        case .submitBatched: ("150,000", "400,000")
        case .submitSingle: ("45,000", "150,000")
        case .latencyMedian: ("1.2", "0.3")
        case .latencyTail: ("4", "0.6")
        case .serverProcessor: ("15", "5")
        case .waitingBytes: ("120", "54")
        case .backlogRatio: ("0.9", "0.9")
        case .restart: ("2", "1")
        case .idle: ("1", "1")
        case .start: ("200", "100")
        case .logLimit: ("-", "-")
        }
    }
}

/// What one run of a scenario found.
typealias Findings = [Figure: Double]
