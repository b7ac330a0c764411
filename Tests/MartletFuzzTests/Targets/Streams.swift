import MartletCore
import MartletWire
import SwiftProtobuf

@testable import MartletGateway
@testable import MartletNode

extension FuzzTarget {
    /// A request of `SubmitStream`, by the reader written by hand and by the generated one.
    static let submission = FuzzTarget("submission") {
        Samples.submissions.compactMap { try? $0.serializedBytes() }
    } check: { input in
        let generated = try? Martlet_V1_SubmitRequest(serializedBytes: [UInt8](input))
        do {
            guard case .plain(let specs, let stamp, let sequence) = SubmissionRequest.plain(input) else {
                guard let generated else { return }
                return try Course.run(generated.specs(), stamp: SubmissionStamp.make(wire: generated))
            }
            guard let generated else { throw Finding(description: "read by hand what the generated code refuses") }
            do {
                try hold(try generated.specs(), is: specs, "the specs")
                try hold(try SubmissionStamp.make(wire: generated), is: stamp, "the stamp")
            } catch let problem as Problem {
                throw Finding(description: "read by hand what is refused: \(problem.message)")
            }
            try hold(generated.sequence, is: sequence, "the sequence")
            try Course.run(specs, stamp: stamp)
        } catch let problem as Problem {
            try Answers.check(problem)
        }
    }

    /// A worker's message, likewise.
    static let report = FuzzTarget("report") {
        Samples.letters.compactMap { try? $0.serializedBytes() }
    } check: { input in
        let generated = try? Martlet_V1_WorkerMessage(serializedBytes: [UInt8](input))
        do {
            guard case .completed(let number, let outcomes) = WorkerLetter.completed(input) else {
                guard let generated else { return }
                if case .open(let open) = generated.message { _ = try SessionOpening(wire: open) }
                _ = try generated.report.outcomes.map { try AttemptOutcome(wire: $0, place: "") }
                return
            }
            guard let generated else { throw Finding(description: "read by hand what the generated code refuses") }
            do {
                let mapped = try generated.report.outcomes.map { try AttemptOutcome(wire: $0, place: "") }
                try hold(mapped, is: outcomes, "the outcomes")
            } catch let problem as Problem {
                throw Finding(description: "read by hand what is refused: \(problem.message)")
            }
            try hold(generated.report.number, is: number, "the number")
        } catch let problem as Problem {
            try Answers.check(problem)
        }
    }

    /// What is written by hand to workers and submitters, as the generated code reads it.
    static let attempts = FuzzTarget("attempts", longest: 512) {
        Samples.noise(6, of: 200)
    } check: { input in
        var supply = Supply(input)
        var deliveries: [Delivery] = []
        var ids: [JobID] = []
        while !supply.isEmpty {
            let delivery = Delivery(drawn: &supply)
            deliveries.append(delivery)
            ids.append(delivery.attempt.job)
        }
        let message = try Martlet_V1_ServerMessage(serializedBytes: ServerLetter.bytes(deliveries))
        try hold(message.attempts.attempts, is: deliveries.map { Martlet_V1_Attempt($0) }, "the attempts")
        let sequence = supply.word()
        let reply = try Martlet_V1_SubmitResponse(serializedBytes: SubmissionReply.bytes(ids, sequence: sequence))
        try hold(reply, is: Martlet_V1_SubmitResponse(ids: ids, sequence: sequence), "the answer")
        let letters = ServerMessages.merge([.attempts(deliveries), .settled(through: sequence, refused: [])])
        let sent = letters.reduce(0) { sum, letter in
            guard case .attempts(let some) = letter else { return sum }
            return sum + some.count
        }
        try hold(sent, is: deliveries.count, "attempts that are sent")
    }
}

extension Delivery {
    fileprivate init(drawn supply: inout Supply) {
        self.init(
            attempt: AttemptID(
                job: JobID(high: supply.word(), low: supply.word()), token: FencingToken(supply.word())),
            number: Int(truncatingIfNeeded: supply.word()), kind: supply.text(), queue: supply.text(),
            payload: supply.some(200), timeout: supply.flag() ? .microseconds(supply.integer()) : nil,
            // An empty one is none on the wire.
            traceparent: supply.flag() ? "t" + supply.text() : nil,
            submittedAt: Timestamp(microseconds: supply.integer()),
            lease: supply.flag() ? .microseconds(supply.integer()) : nil)
    }
}
