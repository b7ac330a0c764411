import MartletCore
import MartletView

/// All that a view answers, to compare two of them.
struct Account: Equatable {
    var position: ViewPosition
    var jobs: [JobRecord] = []
    var histories: [[HistoryEvent]] = []
    var queues: [QueueRecord]
    var lanes: [[Job]] = []
    var lists: [JobPage] = []
    var running: [Job]
    var laneCounts: [String]
    var clients: [RememberedClient]
    var keys: [RememberedKey]
    var next: [UInt64]

    init(of view: View, jobs count: Int) async throws {
        queues = try await view.queues()
        position = view.position
        let restored = try await view.restored(limits: Limits())
        running = restored.running
        laneCounts = restored.queues.map { "\($0.name) \($0.counts)" }
        clients = restored.clients
        keys = restored.keys
        next = [restored.epoch, restored.nextNumber, restored.nextToken, UInt64(restored.coldKeyCount)]
        for number in 1...UInt64(max(count, 1)) {
            let id = subject(number).id
            if let job = try await view.job(id) { jobs.append(job) }
            if let history = try await view.history(of: id) { histories.append(history) }
        }
        let lanes = queues.map { LaneName.queue($0.name) } + [.timers]
        for lane in lanes {
            let request = PageRequest(lane: lane, from: LaneKey(rank: 0, number: 0), jobs: 100_000, bytes: .max)
            self.lanes.append(try await view.page(request).jobs)
        }
        for state in JobState.allCases { lists.append(try await view.jobs(JobQuery(state: state, limit: 100_000))) }
    }
}
