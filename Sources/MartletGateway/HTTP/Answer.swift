internal import HTTPTypes
internal import SwiftProtobuf

/// A whole response: status, headers and body.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields
    var body: [UInt8]

    init(_ status: HTTPResponse.Status = .ok, type: String, body: [UInt8]) {
        self.status = status
        self.body = body
        fields = [.contentType: type]
    }

    /// The message in protobuf's JSON mapping.
    init(json message: some Message, _ status: HTTPResponse.Status = .ok) throws {
        self.init(status, type: "application/json", body: try message.jsonUTF8Bytes())
    }

    /// The problem as RFC 9457 has it.
    init(_ problem: Problem, requestID: String) {
        var document = JSONObject()
        document.add("type", "urn:martlet:problem:\(problem.reason.rawValue)")
        document.add("title", problem.reason.title)
        document.add("status", problem.reason.status.code)
        document.add("detail", problem.message)
        document.add("reason", problem.reason.rawValue)
        if let field = problem.field { document.add("field", field) }
        document.add("request_id", requestID)
        self.init(problem.reason.status, type: "application/problem+json", body: Array(document.text.utf8))
        if let retryAfter = problem.retryAfter { fields[.retryAfter] = String(max(retryAfter.wholeSeconds, 1)) }
        fields[.requestID] = requestID
    }

    /// Head with all that every response has.
    var head: HTTPResponse {
        var fields = fields
        fields[.contentLength] = String(body.count)
        fields[.contentTypeOptions] = "nosniff"
        fields[.cacheControl] = "no-store"
        return HTTPResponse(status: status, headerFields: fields)
    }
}

extension HTTPField.Name {
    static let requestID = HTTPField.Name.known("X-Request-Id")
    static let idempotencyKey = HTTPField.Name.known("Idempotency-Key")
    static let traceparent = HTTPField.Name.known("traceparent")
    static let contentTypeOptions = HTTPField.Name.known("X-Content-Type-Options")

    /// The names above are tokens, as HTTP wants them; `date` can never be reached.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .date }
}

/// A JSON object, written member by member.
struct JSONObject {
    private var members: [String] = []

    var text: String { "{" + members.joined(separator: ",") + "}" }

    mutating func add(_ name: String, _ value: String) {
        members.append("\(Self.quoted(name)):\(Self.quoted(value))")
    }

    mutating func add(_ name: String, _ value: Int) { members.append("\(Self.quoted(name)):\(value)") }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
