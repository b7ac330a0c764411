internal import MartletCore
internal import MartletView
internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Martlet_V1_Job {
    /// `brief` leaves out payload and result, as in lists.
    init(_ record: JobRecord, brief: Bool = false) {
        self.init()
        let job = record.job
        id = job.subject.id.description
        kind = job.kind
        queue = job.subject.queue
        state = Martlet_V1_JobState(job.state)
        priority = UInt32(job.priority)
        if !brief {
            payload = Data(job.payload)
            if let bytes = record.result { result = Data(bytes) }
        }
        if let failure = record.failure { self.failure = Martlet_V1_Failure(failure) }
        attempt = UInt32(clamping: job.attempt)
        failedAttempts = UInt32(clamping: job.failures)
        lostAttempts = UInt32(clamping: job.losses)
        submittedAt = Google_Protobuf_Timestamp(wire: job.submittedAt)
        if let time = record.startedAt { startedAt = Google_Protobuf_Timestamp(wire: time) }
        if let time = record.finishedAt { finishedAt = Google_Protobuf_Timestamp(wire: time) }
        if let time = job.due { dueAt = Google_Protobuf_Timestamp(wire: time) }
        if let duration = job.timeout { timeout = Google_Protobuf_Duration(wire: duration) }
        retry = Martlet_V1_RetryPolicy(job.retry)
        idempotencyKey = record.idempotencyKey ?? ""
        traceparent = job.traceparent ?? ""
    }
}

extension Martlet_V1_RetryPolicy {
    init(_ policy: RetryPolicy) {
        self.init()
        attempts = UInt32(clamping: policy.attempts)
        initialBackoff = Google_Protobuf_Duration(wire: policy.initialBackoff)
        maxBackoff = Google_Protobuf_Duration(wire: policy.maxBackoff)
    }
}

extension Martlet_V1_JobState {
    init(_ state: JobState) { self = Self(rawValue: Int(state.rawValue)) ?? .unspecified }
}

extension JobState {
    /// Nil: unspecified.
    static func make(wire: Martlet_V1_JobState, field: String) throws(Problem) -> JobState? {
        guard wire != .unspecified else { return nil }
        guard let raw = UInt8(exactly: wire.rawValue), let state = JobState(rawValue: raw) else {
            throw .invalid(field, "is not a state of a job")
        }
        return state
    }
}

extension Martlet_V1_Failure {
    init(_ failure: Failure) {
        self.init()
        code = failure.code
        message = failure.message
    }
}

extension Martlet_V1_JobEvent {
    init(_ event: HistoryEvent) {
        self.init()
        time = Google_Protobuf_Timestamp(wire: event.time)
        position = event.position
        self.event = event.event
        attempt = UInt32(clamping: event.attempt)
        sessionID = event.session?.description ?? ""
        if let failure = event.failure { self.failure = Martlet_V1_Failure(failure) }
        state = Martlet_V1_JobState(event.state)
        if let due = event.due { dueAt = Google_Protobuf_Timestamp(wire: due) }
    }
}

extension Martlet_V1_Queue {
    init(_ queue: QueueRecord, workers: Int, now: Timestamp) {
        self.init()
        func count(_ state: JobState) -> UInt64 { UInt64(clamping: queue.counts[state] ?? 0) }
        name = queue.name
        scheduled = count(.scheduled)
        queued = count(.queued)
        running = count(.running)
        retrying = count(.retrying)
        succeeded = count(.succeeded)
        dead = count(.dead)
        cancelled = count(.cancelled)
        self.workers = UInt32(clamping: workers)
        if let since = queue.oldestWaiting { oldestWaiting = Google_Protobuf_Duration(wire: max(now - since, .zero)) }
    }
}
