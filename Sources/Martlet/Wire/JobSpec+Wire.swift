internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Martlet_V1_JobSpec {
    /// Throws `invalidArgument` for numbers that the wire cannot carry; the server judges the rest.
    init(kind: String, payload: Data, options: JobOptions) throws {
        self.init()
        self.kind = kind
        self.payload = payload
        if options.queue != "default" { queue = options.queue }
        if let value = options.priority { priority = try Self.unsigned(value, "priority") }
        if let value = options.runAt { runAt = Google_Protobuf_Timestamp(date: value) }
        if let value = options.delay { delay = Google_Protobuf_Duration(value) }
        if let value = options.timeout { timeout = Google_Protobuf_Duration(value) }
        if let value = options.attempts { retry.attempts = try Self.unsigned(value, "retry.attempts") }
        if let value = options.initialBackoff { retry.initialBackoff = Google_Protobuf_Duration(value) }
        if let value = options.maxBackoff { retry.maxBackoff = Google_Protobuf_Duration(value) }
        if let value = options.idempotencyKey { idempotencyKey = value }
        if let value = options.traceparent { traceparent = value }
    }

    /// At least as many bytes as it takes on the wire.
    var boundOfBytes: Int {
        var bytes = 32 + kind.utf8.count + queue.utf8.count + payload.count
        bytes += idempotencyKey.utf8.count + traceparent.utf8.count
        if hasRunAt { bytes += 20 }
        if hasDelay { bytes += 20 }
        if hasTimeout { bytes += 20 }
        if hasRetry { bytes += 56 }
        return bytes
    }

    private static func unsigned(_ value: Int, _ field: String) throws -> UInt32 {
        guard let number = UInt32(exactly: value) else {
            throw MartletError(.invalidArgument, "\(field) is \(value), which is out of range", field: field)
        }
        return number
    }
}
