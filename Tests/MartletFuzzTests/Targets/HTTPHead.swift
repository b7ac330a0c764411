import MartletCore
import MartletWire
import SwiftProtobuf

@testable import MartletGateway

extension FuzzTarget {
    /// A request's path, parameters, headers and the identifiers in them: `path?query`, then a header on each line.
    static let httpHead = FuzzTarget("http-head", longest: 512) {
        Samples.heads.map { [UInt8]($0.utf8) }
    } check: { input in
        let lines = String(decoding: input, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let parts = (lines.first ?? "").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        do {
            try path(parts.first ?? "")
            try query(parts.dropFirst().first)
        } catch let problem as Problem {
            try Answers.check(problem)
        }
        for line in lines.dropFirst() { try header(String(line)) }
    }

    private static func path(_ text: Substring) throws {
        guard let target = try Target(path: text) else { return }
        try hold(!target.methods.isEmpty, "\(target) takes no method")
        guard case .job(let name) = target else { return }
        try hold(try Target(path: "/v1/jobs/\(encoded(name))"), is: target, "a path written and read")
        identifiers(name)
        if let id = JobID(name) { try hold(id.description, is: name.lowercased(), "an id and its text") }
    }

    private static let parameters: Set<String> = [
        "queue", "kind", "state", "submitted_after", "submitted_before", "page_size", "page_token", "wait",
    ]

    private static func query(_ text: Substring?) throws {
        let query = try Query(text, allowing: parameters)
        var written: [String] = []
        for name in parameters {
            if let value = query[name] { written.append("\(encoded(name))=\(encoded(value))") }
        }
        try hold(
            try Query(written.joined(separator: "&"), allowing: parameters), is: query, "parameters written and read")
        _ = try query.state("state")
        _ = try query.number("page_size")
        if let wait = try query.duration("wait") { _ = try Duration(wire: wait, field: "wait") }
        for name in ["submitted_after", "submitted_before"] {
            guard let wire = try query.timestamp(name) else { continue }
            let time = try Timestamp(wire: wire, field: name)
            let again = try Timestamp(wire: Google_Protobuf_Timestamp(wire: time), field: name)
            try hold(again, is: time, "an instant and its message")
        }
        if let token = query["page_token"] {
            try hold(try PageToken(wire: token, field: "page_token").text, is: token, "a page's token")
        }
    }

    private static func header(_ text: String) throws {
        let id = RequestID.make(from: text)
        try hold(id == text || RequestID.make(from: id) == id, "\(id) is a name for a request and is refused as one")
        if Traceparent.isWellFormed(text) {
            let spec = JobSpec(kind: "k", traceparent: text)
            try Course.run([spec], stamp: nil)
        }
        identifiers(text)
    }

    private static func identifiers(_ text: String) {
        _ = (SessionID(text), ClientID(text), JobID(text))
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
