import GRPCCore
import MartletCore
import MartletWire
import SwiftProtobuf
import Testing

@testable import MartletGateway
@testable import MartletNode

/// What is read and written by hand, held against the generated code.
@Suite("The messages of the two streams")
struct StreamMessagesTests {
    private var draws = Draws(state: 7)

    @Test("A submission of plain jobs is read as the generated code and the mapping read it")
    mutating func plainSubmissions() throws {
        for _ in 0..<300 {
            let request = submission(isPlain: true)

            let read = try SubmissionRequest.Reading().deserialize(Wire.bytes(of: request))

            guard case .plain(let specs, let stamp, let sequence) = read else {
                Issue.record("not read by hand: \(request)")
                continue
            }
            #expect(try specs == request.specs() && sequence == request.sequence)
            #expect(try stamp == SubmissionStamp.make(wire: request))
        }
    }

    @Test("A submission of anything else is left to the generated code")
    mutating func generalSubmissions() throws {
        for _ in 0..<300 {
            let request = submission(isPlain: false)
            guard case .general(request) = try SubmissionRequest.Reading().deserialize(Wire.bytes(of: request)) else {
                Issue.record("read by hand: \(request)")
                continue
            }
        }
        let bad = Martlet_V1_SubmitRequest.with {
            $0.sequence = 1
            $0.clientID = "me"
        }
        guard case .general = try SubmissionRequest.Reading().deserialize(Wire.bytes(of: bad)) else {
            Issue.record("a client id that is none was read by hand")
            return
        }
    }

    @Test("Bytes with faults never trap, and what is read by hand all the same is what the generated code reads")
    mutating func faults() throws {
        var seen = 0
        for _ in 0..<20_000 {
            let bytes = damaged(try Wire.bytes(of: submission(isPlain: true)))
            guard case .plain(let specs, _, let sequence) = bytes.withUnsafeBytes(SubmissionRequest.plain) else {
                continue
            }
            seen += 1
            let request = try Martlet_V1_SubmitRequest(serializedBytes: bytes)
            #expect(try specs == request.specs() && sequence == request.sequence)
        }
        for _ in 0..<20_000 {
            let bytes = damaged(try Wire.bytes(of: report(isPlain: true)))
            guard case .completed(let number, let outcomes) = bytes.withUnsafeBytes(WorkerLetter.completed) else {
                continue
            }
            seen += 1
            let letter = try Martlet_V1_WorkerMessage(serializedBytes: bytes)
            #expect(try outcomes == mapped(letter) && number == letter.report.number)
        }
        #expect(seen > 1000)
    }

    @Test("A report of completions is read as the generated code reads it; any other is left to that")
    mutating func reports() throws {
        var seen = (plain: 0, general: 0)
        for isPlain in [true, false] {
            for _ in 0..<200 {
                let letter = report(isPlain: isPlain)
                switch try WorkerLetter.Reading().deserialize(Wire.bytes(of: letter)) {
                case .completed(let number, let outcomes):
                    seen.plain += 1
                    #expect(try number == letter.report.number && outcomes == mapped(letter))
                case .general(let read):
                    seen.general += 1
                    #expect(!isPlain && read == letter)
                }
            }
        }
        #expect(seen.plain >= 200 && seen.general > 100)
        for other in [Martlet_V1_WorkerMessage.with { $0.heartbeat = .init() }, .with { $0.open.name = "w" }, .init()] {
            guard case .general(other) = try WorkerLetter.Reading().deserialize(Wire.bytes(of: other)) else {
                Issue.record("\(other) was taken for a report")
                continue
            }
        }
    }

    @Test("Attempts and accepted submissions are written as the generated code reads them")
    mutating func writing() throws {
        for _ in 0..<200 {
            let deliveries = (0..<draws.below(5)).map { _ in delivery() }
            let message = try ServerLetter.attempts(deliveries).wire
            #expect(message.attempts.attempts == deliveries.map { Martlet_V1_Attempt($0) })

            let ids = (0..<draws.below(40)).map { _ in job() }
            let bytes: [UInt8] = try SubmissionReply.Writing().serialize(.accepted(ids, sequence: draws.next() >> 40))
            let reply = try Martlet_V1_SubmitResponse(serializedBytes: bytes)
            #expect(reply.jobIds == ids.map(\.description) && !reply.hasRefusal)
        }
        let problem = Problem.invalid("jobs[0].kind", "is required")
        let bytes: [UInt8] = try SubmissionReply.Writing().serialize(.refused(problem, sequence: 9))
        let reply = try Martlet_V1_SubmitResponse(serializedBytes: bytes)
        #expect(reply.refusal.field == "jobs[0].kind" && reply.sequence == 9)
    }
}

// What is drawn.
extension StreamMessagesTests {
    private mutating func text() -> String {
        ["", "k", "mail", "post", "a-name-that-does-not-fit-into-a-small-string", "é"][draws.below(6)]
    }

    private mutating func job() -> JobID {
        JobID(at: Running.wall, seed: draws.next(), index: draws.below(9))
    }

    private mutating func submission(isPlain: Bool) -> Martlet_V1_SubmitRequest {
        var request = Martlet_V1_SubmitRequest()
        for _ in 0...draws.below(4) {
            var job = Martlet_V1_JobSpec()
            job.kind = text()
            job.queue = text()
            job.payload = .init(repeating: 1, count: draws.below(300))
            if draws.below(2) == 0 { job.priority = UInt32(draws.below(256)) }
            if !isPlain { spoil(&job) }
            request.jobs.append(job)
        }
        if draws.below(3) > 0 {
            request.clientID = ClientID(high: draws.next(), low: draws.next()).description
            request.sequence = UInt64(draws.below(1000))
        }
        return request
    }

    private mutating func spoil(_ job: inout Martlet_V1_JobSpec) {
        switch draws.below(8) {
        case 0: job.delay = .init(seconds: 1)
        case 1: job.runAt = .init(seconds: 1)
        case 2: job.timeout = .init(seconds: 1)
        case 3: job.retry.attempts = 2
        case 4: job.idempotencyKey = "key"
        case 5: job.traceparent = "00"
        case 6: job.payloadText = "text"
        default: job.priority = 256
        }
    }

    private mutating func report(isPlain: Bool) -> Martlet_V1_WorkerMessage {
        .with { letter in
            letter.report.number = UInt64(draws.below(3000))
            for _ in 0..<draws.below(5) {
                var outcome = Martlet_V1_Outcome()
                outcome.jobID = job().description
                outcome.token = 1 + draws.next() >> 30
                outcome.completed.result = .init(repeating: 2, count: draws.below(200))
                if !isPlain { spoil(&outcome) }
                letter.report.outcomes.append(outcome)
            }
        }
    }

    private mutating func spoil(_ outcome: inout Martlet_V1_Outcome) {
        switch draws.below(4) {
        case 0: outcome.failed.failure.code = "x"
        case 1: outcome.released = .init()
        case 2: outcome.token = 0
        default: outcome.jobID = "job"
        }
    }

    private mutating func delivery() -> Delivery {
        Delivery(
            attempt: AttemptID(job: job(), token: FencingToken(draws.next())), number: draws.below(1000), kind: text(),
            queue: text(), payload: [UInt8](repeating: 3, count: draws.below(300)),
            timeout: draws.below(2) == 0 ? nil : .milliseconds(draws.below(9000)),
            traceparent: draws.below(2) == 0 ? nil : "00-trace",
            submittedAt: Timestamp(microseconds: Int64(bitPattern: draws.next()) >> 12),
            lease: draws.below(2) == 0 ? nil : .seconds(draws.below(60)))
    }

    /// Cut, or with a byte changed.
    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return bytes }
        if draws.below(3) == 0 { return Array(bytes.prefix(draws.below(bytes.count))) }
        bytes[draws.below(bytes.count)] = UInt8(truncatingIfNeeded: draws.next())
        return bytes
    }

    private func mapped(_ letter: Martlet_V1_WorkerMessage) throws -> [AttemptOutcome] {
        try letter.report.outcomes.map { try AttemptOutcome(wire: $0, place: "") }
    }
}

private enum Wire {
    static func bytes(of message: some Message) throws -> [UInt8] { try message.serializedBytes() }
}

extension ServerLetter {
    /// The letter as a worker reads it.
    var wire: Martlet_V1_ServerMessage {
        get throws {
            let bytes: [UInt8] = try Writing().serialize(self)
            return try Martlet_V1_ServerMessage(serializedBytes: bytes)
        }
    }
}

private struct Draws: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= SplitMix64.increment
        return SplitMix64.mix(state)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
