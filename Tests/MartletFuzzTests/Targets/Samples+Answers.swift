import MartletWire
import SwiftProtobuf

extension Samples {
    /// With the byte that says which reader of `answers` is meant.
    static var answers: [[UInt8]] {
        let job = Martlet_V1_Job.with {
            ($0.id, $0.kind, $0.queue, $0.state, $0.attempt) = (id, "mail", "q", .dead, 3)
            ($0.payload, $0.result) = (.init([1, 2]), .init([0xFF]))
            $0.submittedAt = .init(seconds: 1_790_000_000, nanos: 5000)
            $0.dueAt = .init(seconds: 1_790_000_100)
            $0.timeout = .init(seconds: 9)
            $0.failure.message = "no\tway"
            $0.retry.initialBackoff = .init(seconds: 1, nanos: 500_000_000)
        }
        let events = Martlet_V1_ListJobEventsResponse.with {
            $0.events = [
                .with { ($0.event, $0.state, $0.time, $0.position) = ("failed", .retrying, .init(seconds: 1), 9) }
            ]
        }
        let queues = Martlet_V1_ListQueuesResponse.with {
            $0.queues = [.with { ($0.name, $0.queued, $0.oldestWaiting) = ("q", 7, .init(seconds: 100)) }]
        }
        let workers = Martlet_V1_ListWorkersResponse.with {
            $0.workers = [.with { ($0.name, $0.queues, $0.connectedAt) = ("w", ["a", "b"], .init(seconds: 5)) }]
        }
        let refusal = Martlet_V1_Refusal.with {
            ($0.reason, $0.message, $0.retryAfter) = ("exhausted", "the limit is 1", .init(seconds: 2))
        }
        let messages: [any Message] = [job, events, queues, workers, refusal]
        return messages.enumerated().compactMap { index, message in
            (try? message.serializedBytes() as [UInt8]).map { [UInt8(index)] + $0 }
        } + [[5] + "exhausted\n1500\njobs[0].kind\nno".utf8]
    }

    /// One session: each message between a time, the choice to receive, and its length.
    static var serverMessages: [[UInt8]] {
        let messages: [Martlet_V1_ServerMessage] = [
            .with {
                $0.opened.sessionID = "s1"
                $0.opened.heartbeatInterval = .init(seconds: 5)
            },
            .with { $0.attempts.attempts = [attempt("a", 1), attempt("b", 2)] },
            .with { $0.settled.number = 1 },
            .with {
                $0.settled.number = 2
                $0.settled.refused = [
                    .with { ($0.jobID, $0.token, $0.refusal.reason) = ("a", 1, "payload-too-large") }
                ]
            },
            .with { $0.revoked.attempts = [.with { ($0.jobID, $0.token) = ("b", 2) }] },
            .with { $0.goodbye = .init() },
        ]
        let letters = messages.compactMap { try? $0.serializedBytes() as [UInt8] }.map { [1, 0, UInt8($0.count)] + $0 }
        // A handler starts and ends in between.
        return [letters.flatMap { $0 + [0, 3, 1] }, letters.flatMap { $0 + [0, 3, 0, 9, 4] }]
    }

    private static func attempt(_ job: String, _ token: UInt64) -> Martlet_V1_Attempt {
        .with {
            ($0.jobID, $0.token, $0.kind) = (job, token, "k")
            $0.timeout = .init(seconds: 5)
        }
    }
}
