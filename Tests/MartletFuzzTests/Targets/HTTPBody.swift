import HTTPTypes
import MartletCore
import MartletView
import MartletWire
import SwiftProtobuf

@testable import MartletGateway

extension FuzzTarget {
    /// The JSON of each request that has a body, and what the gateway makes of it. The first byte says which request.
    static let httpBody = FuzzTarget("http-body") {
        Samples.bodies.enumerated().flatMap { index, texts in texts.map { [UInt8(index)] + $0.utf8 } }
    } check: { input in
        var supply = Supply(input)
        let check = bodies[supply.below(bodies.count)]
        try check([UInt8](supply.rest()))
    }

    private static let bodies: [@Sendable ([UInt8]) throws -> Void] = [
        { try read(Martlet_V1_JobSpec.self, $0) { try Course.run([try JobSpec(wire: $0, place: "")], stamp: nil) } },
        {
            try read(Martlet_V1_SubmitRequest.self, $0) { request in
                try Course.run(try request.specs(), stamp: try SubmissionStamp.make(wire: request))
            }
        },
        { try read(Martlet_V1_LeaseRequest.self, $0) { _ = try Duration(wire: $0.wait, field: "wait") } },
        { try read(Martlet_V1_ExtendRequest.self, $0) { try attempt($0.jobID, $0.token, $0.lease) } },
        { try read(Martlet_V1_CompleteRequest.self, $0) { try attempt($0.jobID, $0.token, .init()) } },
        {
            try read(Martlet_V1_FailRequest.self, $0) {
                _ = MartletCore.Failure(wire: $0.failure)
                try attempt($0.jobID, $0.token, $0.retryAfter)
            }
        },
        { try read(Martlet_V1_ReleaseRequest.self, $0) { try attempt($0.jobID, $0.token, .init()) } },
        { try read(Martlet_V1_CancelJobRequest.self, $0) { _ = try JobID(wire: $0.id, field: "id") } },
        { try read(Martlet_V1_ListJobsRequest.self, $0) { _ = try JobQuery(wire: $0) } },
    ]

    /// What was read and is written is read again, as JSON and as protobuf; then `map` is tried on it.
    private static func read<Content: Message & Equatable>(
        _: Content.Type, _ bytes: [UInt8], map: (Content) throws -> Void
    ) throws {
        do {
            let content: Content = try Body.parse(bytes)
            let json: [UInt8] = try content.jsonUTF8Bytes()
            try hold(try Body.parse(json), is: content, "written and read as JSON")
            let binary: [UInt8] = try content.serializedBytes()
            try hold(try Content(serializedBytes: binary), is: content, "written and read as protobuf")
            try map(content)
        } catch let problem as Problem {
            try Answers.check(problem)
        }
    }

    private static func attempt(_ job: String, _ token: UInt64, _ duration: Google_Protobuf_Duration) throws {
        let attempt = try AttemptID(job: job, token: token)
        try hold(attempt.job.description, is: job.lowercased(), "an id and its text")
        let duration = try Duration(wire: duration, field: "lease")
        let wire = Google_Protobuf_Duration(wire: duration)
        let cut = Duration.microseconds(duration.inMicroseconds)
        try hold(try Duration(wire: wire, field: ""), is: cut, "a duration and its message")
    }
}

/// Refusals are read by others, too.
enum Answers {
    static func check(_ problem: Problem) throws {
        let answer = Answer(problem, requestID: "r")
        try hold(answer.status.code >= 400 && answer.status.code < 600, "refused with \(answer.status)")
        let text = String(decoding: answer.body, as: UTF8.self)
        let read = try Google_Protobuf_Struct(jsonString: text)
        try hold(read.fields["detail"]?.stringValue, is: problem.message, "the detail")
        let wire: [UInt8] = try Martlet_V1_Refusal(problem).serializedBytes()
        try hold(try Martlet_V1_Refusal(serializedBytes: wire).message, is: problem.message, "the refusal's message")
    }
}
