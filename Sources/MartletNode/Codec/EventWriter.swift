import MartletCore
import MartletWire

/// Writes one event as `martlet.log.v1.Event`. Field numbers are those of the .proto file, for ever.
enum EventWriter {
    static func write(_ event: Event, to writer: inout ProtobufWriter, names: inout NameTable) {
        switch event {
        case .leaderStarted(let epoch):
            writer.message(1) { $0.field(1, epoch) }
        case .numbered(let numbered):
            writer.message(2) { write(numbered, to: &$0) }
        case .submitted(let submitted):
            writer.message(3) { write(submitted, to: &$0, names: &names) }
        case .queued(let job, let from):
            writer.message(4) {
                write(job, to: &$0, names: &names)
                $0.field(2, UInt64(from.rawValue))
            }
        case .started(let started):
            writer.message(5) { write(started, to: &$0, names: &names) }
        case .extended(let job, let token, let until):
            writer.message(6) {
                write(job, to: &$0, names: &names)
                $0.field(2, token.value)
                $0.field(3, UInt64(bitPattern: until.microseconds))
            }
        case .completed(let completed):
            writer.message(7) {
                write(completed.job, to: &$0, names: &names)
                $0.attempt(completed.attempt, completed.token)
                $0.field(4, completed.result)
            }
        case .failed(let failed):
            writer.message(8) { write(failed, to: &$0, names: &names) }
        case .lost(let lost):
            writer.message(9) {
                write(lost.job, to: &$0, names: &names)
                $0.attempt(lost.attempt, lost.token)
                $0.field(4, UInt64(clamping: lost.losses))
                $0.field(5, lost.isQuarantined ? 1 : 0)
            }
        case .released(let job, let attempt, let token):
            writer.message(10) {
                write(job, to: &$0, names: &names)
                $0.attempt(attempt, token)
            }
        case .cancelled(let job, let from):
            writer.message(11) {
                write(job, to: &$0, names: &names)
                $0.field(2, UInt64(from.rawValue))
            }
        case .redriven(let job):
            writer.message(12) { write(job, to: &$0, names: &names) }
        }
    }

    private static func write(_ job: Subject, to writer: inout ProtobufWriter, names: inout NameTable) {
        writer.message(1) {
            $0.fixed(1, job.id.high)
            $0.fixed(2, job.id.low)
            $0.field(3, job.number)
            $0.field(4, names.index(of: job.queue))
        }
    }

    private static func write(_ numbered: Event.Numbered, to writer: inout ProtobufWriter) {
        writer.fixed(1, numbered.stamp.client.high)
        writer.fixed(2, numbered.stamp.client.low)
        writer.field(3, numbered.stamp.sequence)
        writer.fixed(4, numbered.seed)
        writer.field(5, UInt64(clamping: numbered.count))
    }

    private static func write(_ submitted: Event.Submitted, to writer: inout ProtobufWriter, names: inout NameTable) {
        write(submitted.job, to: &writer, names: &names)
        writer.field(2, names.index(of: submitted.kind))
        writer.field(3, submitted.payload)
        writer.field(4, UInt64(submitted.priority))
        writer.instant(5, submitted.due)
        if let timeout = submitted.timeout { writer.optionalField(6, UInt64(clamping: timeout.inMicroseconds)) }
        writer.field(7, UInt64(clamping: submitted.retry.attempts))
        writer.field(8, UInt64(clamping: submitted.retry.initialBackoff.inMicroseconds))
        writer.field(9, UInt64(clamping: submitted.retry.maxBackoff.inMicroseconds))
        if let idempotency = submitted.idempotency {
            writer.field(10, idempotency.key)
            writer.fixed(11, idempotency.fingerprint)
        }
        if let traceparent = submitted.traceparent { writer.field(12, traceparent) }
    }

    private static func write(_ started: Event.Started, to writer: inout ProtobufWriter, names: inout NameTable) {
        write(started.job, to: &writer, names: &names)
        writer.attempt(started.attempt, started.lease.token)
        writer.fixed(4, started.lease.session.high)
        writer.fixed(5, started.lease.session.low)
        writer.instant(6, started.lease.until)
        writer.instant(7, started.lease.timesOut)
    }

    private static func write(_ failed: Event.Failed, to writer: inout ProtobufWriter, names: inout NameTable) {
        write(failed.job, to: &writer, names: &names)
        writer.attempt(failed.attempt, failed.token)
        writer.field(4, failed.failure.code)
        writer.field(5, failed.failure.message)
        writer.field(6, UInt64(clamping: failed.failures))
        writer.instant(7, failed.due)
        writer.fixed(8, failed.seed)
    }
}

extension ProtobufWriter {
    fileprivate mutating func attempt(_ attempt: Int, _ token: FencingToken) {
        field(2, UInt64(clamping: attempt))
        field(3, token.value)
    }

    fileprivate mutating func instant(_ number: Int, _ time: Timestamp?) {
        if let time { optionalField(number, UInt64(bitPattern: time.microseconds)) }
    }
}
