internal import MartletWire
internal import SwiftProtobuf

/// The parameters of a request. Each is known and comes once, or the request is refused.
struct Query: Equatable, Sendable {
    private var values: [String: String] = [:]

    init(_ text: (some StringProtocol)?, allowing names: Set<String>) throws(Problem) {
        guard let text else { return }
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Percent.decode(parts.first ?? ""),
                let value = Percent.decode(parts.dropFirst().first ?? "")
            else { throw Problem(.malformedRequest, "the query is not well percent-encoded") }
            guard names.contains(name) else {
                let known = names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
                throw Problem(.invalidField, "a parameter is not known here; known are: \(known)", field: "query")
            }
            guard values.updateValue(value, forKey: name) == nil else { throw .invalid(name, "is repeated") }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// As protobuf writes it: `1.5s`.
    func duration(_ name: String) throws(Problem) -> Google_Protobuf_Duration? {
        guard let text = values[name] else { return nil }
        guard let duration = Self.parse(text, as: Google_Protobuf_Duration.self) else {
            throw .invalid(name, "must be a duration in seconds, such as 1.5s")
        }
        return duration
    }

    /// As RFC 3339 writes it.
    func timestamp(_ name: String) throws(Problem) -> Google_Protobuf_Timestamp? {
        guard let text = values[name] else { return nil }
        guard let timestamp = Self.parse(text, as: Google_Protobuf_Timestamp.self) else {
            throw .invalid(name, "must be an instant of RFC 3339, such as 2026-11-20T18:00:00Z")
        }
        return timestamp
    }

    func number(_ name: String) throws(Problem) -> UInt32? {
        guard let text = values[name] else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }), let number = UInt32(text)
        else { throw .invalid(name, "must be a whole number") }
        return number
    }

    /// A state by its name, in either case.
    func state(_ name: String) throws(Problem) -> Martlet_V1_JobState? {
        guard let text = values[name] else { return nil }
        let states: [Martlet_V1_JobState] = [
            .scheduled, .queued, .running, .retrying, .succeeded, .dead, .cancelled,
        ]
        for state in states where ["\(state)", "\(state)".uppercased()].contains(text) { return state }
        throw .invalid(name, "must be one of \(states.map { "\($0)" }.joined(separator: ", "))")
    }

    private static func parse<Text: Message>(_ text: String, as type: Text.Type) -> Text? {
        // Only what such a value is made of may be put between quotes.
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+")...UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard isPlain, text.utf8.count <= 64 else { return nil }
        // An unreadable value is nil; its parser's words are about JSON, which the caller did not write.
        return try? Text(jsonString: "\"\(text)\"")
    }
}
