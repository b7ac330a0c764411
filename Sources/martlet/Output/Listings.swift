internal import Martlet

/// What the lists of this command line show.
enum Listings {
    static let jobs = Listing<JobSnapshot>(
        fields: [
            .text("ID") { $0.id },
            .text("KIND") { $0.kind },
            .text("QUEUE") { $0.queue },
            .text("STATE") { $0.state.rawValue },
            .number("ATTEMPT") { $0.attempt },
            .time("SUBMITTED") { $0.submittedAt },
            .time("DUE") { $0.dueAt },
            .time("FINISHED") { $0.finishedAt },
            .text("FAILURE") { job in job.failure.map { "\($0.code): \($0.message)" } ?? "-" },
        ],
        json: { JSONValue($0) })

    static let events = Listing<JobEvent>(
        fields: [
            .time("TIME") { $0.time },
            .text("POSITION") { "\($0.position)" },
            .text("EVENT") { $0.event },
            .number("ATTEMPT") { $0.attempt },
            .text("STATE") { $0.state.rawValue },
            .time("DUE") { $0.dueAt },
            .text("SESSION") { $0.sessionID ?? "-" },
            .text("FAILURE") { event in event.failure.map { "\($0.code): \($0.message)" } ?? "-" },
        ],
        json: { JSONValue($0) })

    static let queues = Listing<QueueSnapshot>(
        fields: [
            .text("QUEUE") { $0.name },
            .number("SCHEDULED") { $0.scheduled },
            .number("QUEUED") { $0.queued },
            .number("RUNNING") { $0.running },
            .number("RETRYING") { $0.retrying },
            .number("SUCCEEDED") { $0.succeeded },
            .number("DEAD") { $0.dead },
            .number("CANCELLED") { $0.cancelled },
            .number("WORKERS") { $0.workers },
            .init(
                title: "OLDEST", human: { queue, _ in queue.oldestWaiting.map { Age.brief($0) } ?? "-" },
                plain: { $0.oldestWaiting.map { DurationText.format($0) } ?? "-" }),
        ],
        json: { JSONValue($0) })

    static let workers = Listing<WorkerSnapshot>(
        fields: [
            .text("SESSION") { $0.sessionID },
            .text("NAME") { $0.name },
            .text("QUEUES") { $0.queues.joined(separator: ",") },
            .number("CONCURRENCY") { $0.concurrency },
            .number("RUNNING") { $0.running },
            .time("CONNECTED") { $0.connectedAt },
            .time("SEEN") { $0.lastSeenAt },
            .text("STATE") { $0.isConnected ? "connected" : "lost" },
        ],
        json: { JSONValue($0) })
}
