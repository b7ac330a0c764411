#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Payloads and results as JSON that any language reads: instants are RFC 3339.
enum JSON {
    static func encode(_ value: some Encodable) throws -> Data {
        if value is NoOutput { return Data() }
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_: Value.Type, from data: Data) throws -> Value {
        if let none = NoOutput() as? Value { return none }
        return try decoder.decode(Value.self, from: data)
    }

    private static let withMilliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let withoutFraction = Date.ISO8601FormatStyle()

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        // Sorted, so that the same value is the same bytes: an idempotency key stands for one request.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(withMilliseconds.format(date))
        }
        return encoder
    }()

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try text.contains(".") ? withMilliseconds.parse(text) : withoutFraction.parse(text)
        }
        return decoder
    }()
}
