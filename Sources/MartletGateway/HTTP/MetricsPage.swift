internal import MartletCore
internal import MartletNode
internal import MartletView

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `/metrics`: the node's figures in Prometheus' text format 0.0.4.
struct MetricsPage {
    let jobs: JobCalls
    let configuration: GatewayConfiguration
    let startedAt: Timestamp

    /// Queues that get a line of their own, by name; the rest is summed under `_other`, so that whoever makes queues
    /// cannot make lines without end.
    static let namedQueues = 200

    func text() async throws(Problem) -> String {
        let metrics = await jobs.node.metrics()
        let queues = try await asking { () async throws(NodeError) in try await jobs.node.queues() }
        var page = PrometheusText()
        page.gauge("martlet_build_info", "The version that runs.", [(["version": configuration.version], 1)])
        page.gauge(
            "process_start_time_seconds", "When the process started, in seconds since 1970.",
            [([:], Double(startedAt.microseconds) / 1e6)])
        if let bytes = Self.residentBytes() {
            page.gauge("process_resident_memory_bytes", "Memory in use.", [([:], Double(bytes))])
        }
        addCounters(of: metrics, to: &page)
        addGauges(of: metrics, to: &page)
        page.histogram(
            "martlet_commit_latency_seconds", "From an entry's sealing to its being durable.", metrics.commitLatency)
        add(queues.map(\.record), to: &page)
        return page.text
    }

    private func addCounters(of metrics: NodeMetrics, to page: inout PrometheusText) {
        page.counter("martlet_jobs_submitted_total", "Jobs submitted.", [([:], metrics.submitted)])
        page.counter("martlet_jobs_redriven_total", "Dead jobs put back.", [([:], metrics.redriven)])
        page.counter(
            "martlet_jobs_finished_total", "Jobs that reached a final state.",
            [
                (["outcome": "succeeded"], metrics.completed), (["outcome": "dead"], metrics.dead),
                (["outcome": "cancelled"], metrics.cancelled),
            ])
        page.counter("martlet_attempts_started_total", "Attempts handed to workers.", [([:], metrics.started)])
        page.counter(
            "martlet_attempts_ended_total", "Attempts by how they ended.",
            [
                (["outcome": "completed"], metrics.completed), (["outcome": "failed"], metrics.failed),
                (["outcome": "lost"], metrics.lost), (["outcome": "released"], metrics.released),
            ])
        page.counter(
            "martlet_reports_stale_total", "Reports that came too late, by fencing.", [([:], metrics.staleReports)])
        page.counter(
            "martlet_calls_exhausted_total", "Calls refused because something was full.", [([:], metrics.exhausted)])
        page.counter("martlet_log_entries_total", "Entries appended to the log.", [([:], metrics.entries)])
        page.counter("martlet_log_entry_bytes_total", "Bytes of those entries.", [([:], metrics.entryBytes)])
    }

    private func addGauges(of metrics: NodeMetrics, to page: inout PrometheusText) {
        page.gauge("martlet_sessions", "Sessions of workers.", [([:], Double(metrics.sessions))])
        page.gauge("martlet_hot_jobs", "Jobs in memory.", [([:], Double(metrics.hotJobs))])
        page.gauge("martlet_hot_bytes", "Payload bytes in memory.", [([:], Double(metrics.hotBytes))])
        page.gauge(
            "martlet_view_backlog", "Changes that the view is behind.", [([:], Double(metrics.viewBacklog))])
        page.gauge("martlet_log_position", "The last durable position.", [([:], Double(metrics.position))])
        page.gauge("martlet_leader_epoch", "The epoch of the leader.", [([:], Double(metrics.epoch))])
    }

    private func add(_ queues: [QueueRecord], to page: inout PrometheusText) {
        let now = jobs.now()
        let sorted = queues.sorted { $0.name < $1.name }
        var depths: [(labels: [String: String], value: Double)] = []
        var ages: [(labels: [String: String], value: Double)] = []
        for queue in sorted.prefix(Self.namedQueues) + Self.merged(sorted.dropFirst(Self.namedQueues)) {
            for state in JobState.allCases {
                depths.append((["queue": queue.name, "state": "\(state)"], Double(queue.counts[state] ?? 0)))
            }
            let age = queue.oldestWaiting.map { max(now - $0, .zero) } ?? .zero
            ages.append((["queue": queue.name], Double(age.inMicroseconds) / 1e6))
        }
        page.gauge("martlet_queue_jobs", "Jobs of a queue by state; finished ones while they are kept.", depths)
        page.gauge("martlet_queue_oldest_waiting_seconds", "How long the oldest queued job has waited.", ages)
    }

    private static func merged(_ queues: ArraySlice<QueueRecord>) -> [QueueRecord] {
        guard !queues.isEmpty else { return [] }
        var counts: [JobState: Int] = [:]
        for queue in queues {
            counts.merge(queue.counts) { left, right in
                let (sum, overflow) = left.addingReportingOverflow(right)
                return overflow ? .max : sum
            }
        }
        return [QueueRecord(name: "_other", counts: counts, oldestWaiting: queues.compactMap(\.oldestWaiting).min())]
    }

    /// Nil where there is no `/proc`.
    private static func residentBytes() -> Int? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
        return kibibytes.map { $0.multipliedReportingOverflow(by: 1024).partialValue }
    }
}
