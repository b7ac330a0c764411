internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Martlet_V1_Attempt {
    init(_ delivery: Delivery) {
        self.init()
        jobID = delivery.attempt.job.description
        token = delivery.attempt.token.value
        kind = delivery.kind
        queue = delivery.queue
        payload = Data(delivery.payload)
        attempt = UInt32(clamping: delivery.number)
        if let duration = delivery.timeout { timeout = Google_Protobuf_Duration(wire: duration) }
        traceparent = delivery.traceparent ?? ""
        submittedAt = Google_Protobuf_Timestamp(wire: delivery.submittedAt)
        if let duration = delivery.lease { lease = Google_Protobuf_Duration(wire: duration) }
    }
}

extension AttemptOutcome {
    /// `place` leads to the outcome: `report.outcomes[3].`.
    init(wire: Martlet_V1_Outcome, place: @autoclosure () -> String) throws(Problem) {
        guard let id = JobID(wire.jobID), wire.token != 0 else {
            // Found again, slowly, to say which of the two fields it is.
            _ = try AttemptID(job: wire.jobID, token: wire.token, prefix: place())
            throw .invalid("\(place())job_id", "names no attempt")
        }
        let attempt = AttemptID(job: id, token: FencingToken(wire.token))
        switch wire.ending {
        case .completed(let completed):
            self.init(attempt: attempt, ending: .completed(result: Array(completed.result)))
        case .failed(let failed):
            let retryAfter =
                failed.hasRetryAfter
                ? try Duration(wire: failed.retryAfter, field: "\(place())failed.retry_after") : nil
            self.init(
                attempt: attempt,
                ending: .failed(Failure(wire: failed.failure), isFinal: failed.isFinal, retryAfter: retryAfter))
        case .released:
            self.init(attempt: attempt, ending: .released)
        case nil:
            throw .invalid("\(place())ending", "one of completed, failed and released must be set")
        }
    }
}

extension Failure {
    /// A failure without a code is an `error`.
    init(wire: Martlet_V1_Failure) {
        self.init(code: wire.code.isEmpty ? "error" : wire.code, message: wire.message)
    }
}

extension Martlet_V1_Held {
    init(_ attempt: AttemptID) {
        self.init()
        jobID = attempt.job.description
        token = attempt.token.value
    }
}

extension Martlet_V1_RefusedOutcome {
    init(_ refused: RefusedOutcome) {
        self.init()
        jobID = refused.attempt.job.description
        token = refused.attempt.token.value
        refusal = Martlet_V1_Refusal(Problem(refused.error))
    }
}

extension SessionOpening {
    init(wire: Martlet_V1_Open) throws(Problem) {
        var held: [AttemptID] = []
        held.reserveCapacity(wire.held.count)
        for (index, attempt) in wire.held.enumerated() {
            held.append(
                try AttemptID(job: attempt.jobID, token: attempt.token, prefix: "open.held[\(index)]."))
        }
        self.init(
            resuming: wire.sessionID.isEmpty ? nil : try SessionID(wire: wire.sessionID, field: "open.session_id"),
            name: wire.name, queues: wire.queues, concurrency: Int(clamping: wire.concurrency), held: held)
    }
}

extension Martlet_V1_Worker {
    init(_ worker: WorkerStatus) {
        self.init()
        sessionID = worker.session.description
        name = worker.name
        queues = worker.queues
        concurrency = UInt32(clamping: worker.concurrency)
        running = UInt32(clamping: worker.running)
        connectedAt = Google_Protobuf_Timestamp(wire: worker.connectedAt)
        lastSeenAt = Google_Protobuf_Timestamp(wire: worker.lastSeenAt)
        connected = worker.isConnected
    }
}
