import MartletCore
import MartletWire
import SwiftProtobuf

@testable import MartletNode
@testable import MartletView

/// Real encodings, and texts as people and programs write them.
enum Samples {
    static let id = "01920000-0000-7abc-8000-000000000005"
    static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// Bytes of every kind, for what is drawn from them.
    static func noise(_ count: Int, of length: Int) -> [[UInt8]] {
        (0..<count).map { seed in
            (0..<length).map { UInt8(truncatingIfNeeded: SplitMix64.mix(UInt64(seed * 1000 + $0)) >> 20) }
        }
    }

    static var job: Martlet_V1_JobSpec {
        .with {
            $0.kind = "mail"
            $0.queue = "post"
            $0.payload = .init([1, 2, 3])
            $0.priority = 7
        }
    }

    static var richJob: Martlet_V1_JobSpec {
        .with {
            $0 = job
            $0.delay = .init(seconds: 5, nanos: 1000)
            $0.timeout = .init(seconds: 90)
            $0.retry.attempts = 3
            $0.retry.initialBackoff = .init(seconds: 1)
            $0.retry.maxBackoff = .init(seconds: 60)
            $0.idempotencyKey = "order-7"
            $0.traceparent = trace
        }
    }

    static var submissions: [Martlet_V1_SubmitRequest] {
        [
            .with { $0.jobs = [job] },
            .with {
                $0.jobs = [job, job, .with { $0.kind = "k" }]
                $0.clientID = id
                $0.sequence = 9
            },
            .with {
                $0.jobs = [richJob, job]
                $0.clientID = id
                $0.sequence = 1
            },
            .with { $0.jobs = [.with { ($0.kind, $0.runAt) = ("k", .init(seconds: 1_790_000_000)) }] },
        ]
    }

    static var letters: [Martlet_V1_WorkerMessage] {
        [
            .with {
                $0.report.number = 3
                $0.report.outcomes = [completed, completed]
            },
            .with {
                $0.report.outcomes = [
                    completed,
                    .with {
                        ($0.jobID, $0.token) = (id, 8)
                        $0.failed.failure.code = "e"
                        $0.failed.retryAfter = .init(seconds: 3)
                    },
                    .with { ($0.jobID, $0.token, $0.released) = (id, 9, .init()) },
                ]
            },
            .with {
                $0.open.sessionID = id
                $0.open.name = "w"
                $0.open.queues = ["a"]
                $0.open.held = [.with { ($0.jobID, $0.token) = (id, 9) }]
            },
            .with { $0.heartbeat = .init() },
        ]
    }

    private static var completed: Martlet_V1_Outcome {
        .with {
            ($0.jobID, $0.token) = (id, 7)
            $0.completed.result = .init([1, 2])
        }
    }

    /// A life's entries, one input each.
    static var entries: [[UInt8]] {
        noise(3, of: 200).flatMap { bytes in
            bytes.withUnsafeBytes { bytes in
                var (supply, life, entries) = (Supply(bytes), Life(), [[UInt8]]())
                while !supply.isEmpty {
                    let events = life.step(&supply)
                    if !events.isEmpty { entries.append(EntryCodec.encode(events, sizeHint: 0)) }
                }
                return entries
            }
        }
    }

    static var columns: [[UInt8]] {
        let time = Timestamp(microseconds: 1_790_000_000_000_000)
        let place = ViewPosition(position: 300, hash: ViewPosition.empty.hash, time: time, epoch: 1)
        let failure = Failure(code: "error", message: "zu groß")
        var history: [UInt8] = []
        History.append(.submitted, .scheduled, at: place, due: time, to: &history)
        History.append(.started, .running, at: place, attempt: 1, session: SessionID(high: 1, low: 2), to: &history)
        History.append(.failed, .dead, at: place, attempt: 1, failure: failure, to: &history)
        let policy = PackedColumns.Policy(
            timeout: .seconds(3), retry: .init(attempts: 2, initialBackoff: .zero, maxBackoff: .seconds(1)),
            traceparent: trace, idempotencyKey: "order-7")
        let columns = [
            history, PackedColumns.encode(policy) ?? [], PackedColumns.encode(failure),
            PackedColumns.encode(PackedColumns.Hold(session: SessionID(high: 1, low: 2), timesOut: time)),
            PackedColumns.encode([RememberedSubmission(sequence: 300, time: time, seed: 7, count: 2)]),
            PackedColumns.encode(high: 1, low: 2),
        ]
        return columns.enumerated().map { [UInt8($0.offset)] + $0.element }
    }
}
