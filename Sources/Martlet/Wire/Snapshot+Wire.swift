internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension JobSnapshot {
    init(_ wire: Martlet_V1_Job) throws {
        self.init(
            id: wire.id,
            kind: wire.kind,
            queue: wire.queue,
            state: try JobState(wire.state),
            priority: Int(wire.priority),
            payload: [UInt8](wire.payload),
            result: [UInt8](wire.result),
            failure: wire.hasFailure ? JobFailure(wire.failure) : nil,
            attempt: Int(wire.attempt),
            failedAttempts: Int(wire.failedAttempts),
            lostAttempts: Int(wire.lostAttempts),
            submittedAt: Date(wire.submittedAt),
            startedAt: wire.hasStartedAt ? Date(wire.startedAt) : nil,
            finishedAt: wire.hasFinishedAt ? Date(wire.finishedAt) : nil,
            dueAt: wire.hasDueAt ? Date(wire.dueAt) : nil,
            timeout: wire.hasTimeout ? Duration(wire.timeout) : nil,
            attempts: wire.retry.attempts == 0 ? nil : Int(wire.retry.attempts),
            initialBackoff: wire.retry.hasInitialBackoff ? Duration(wire.retry.initialBackoff) : nil,
            maxBackoff: wire.retry.hasMaxBackoff ? Duration(wire.retry.maxBackoff) : nil,
            idempotencyKey: wire.idempotencyKey.nonEmpty,
            traceparent: wire.traceparent.nonEmpty
        )
    }
}

extension JobState {
    init(_ wire: Martlet_V1_JobState) throws {
        switch wire {
        case .scheduled: self = .scheduled
        case .queued: self = .queued
        case .running: self = .running
        case .retrying: self = .retrying
        case .succeeded: self = .succeeded
        case .dead: self = .dead
        case .cancelled: self = .cancelled
        case .unspecified, .UNRECOGNIZED:
            throw MartletError(
                .internalError, "the server speaks of job state \(wire.rawValue), which this SDK predates")
        }
    }
}

extension Martlet_V1_JobState {
    init(_ state: JobState) {
        switch state {
        case .scheduled: self = .scheduled
        case .queued: self = .queued
        case .running: self = .running
        case .retrying: self = .retrying
        case .succeeded: self = .succeeded
        case .dead: self = .dead
        case .cancelled: self = .cancelled
        }
    }
}

extension JobFailure {
    init(_ wire: Martlet_V1_Failure) {
        self.init(code: wire.code, message: wire.message)
    }
}

extension JobEvent {
    init(_ wire: Martlet_V1_JobEvent) throws {
        self.init(
            time: Date(wire.time),
            position: wire.position,
            event: wire.event,
            attempt: Int(wire.attempt),
            sessionID: wire.sessionID.nonEmpty,
            failure: wire.hasFailure ? JobFailure(wire.failure) : nil,
            state: try JobState(wire.state),
            dueAt: wire.hasDueAt ? Date(wire.dueAt) : nil
        )
    }
}

extension QueueSnapshot {
    init(_ wire: Martlet_V1_Queue) {
        self.init(
            name: wire.name,
            scheduled: Int(clamping: wire.scheduled),
            queued: Int(clamping: wire.queued),
            running: Int(clamping: wire.running),
            retrying: Int(clamping: wire.retrying),
            succeeded: Int(clamping: wire.succeeded),
            dead: Int(clamping: wire.dead),
            cancelled: Int(clamping: wire.cancelled),
            workers: Int(wire.workers),
            oldestWaiting: wire.hasOldestWaiting ? Duration(wire.oldestWaiting) : nil
        )
    }
}

extension WorkerSnapshot {
    init(_ wire: Martlet_V1_Worker) {
        self.init(
            sessionID: wire.sessionID,
            name: wire.name,
            queues: wire.queues,
            concurrency: Int(wire.concurrency),
            running: Int(wire.running),
            connectedAt: wire.hasConnectedAt ? Date(wire.connectedAt) : nil,
            lastSeenAt: wire.hasLastSeenAt ? Date(wire.lastSeenAt) : nil,
            isConnected: wire.connected
        )
    }
}

extension String {
    /// Protobuf's way to leave a text out is an empty one.
    var nonEmpty: String? { isEmpty ? nil : self }
}
