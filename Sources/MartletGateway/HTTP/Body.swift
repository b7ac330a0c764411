internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import SwiftProtobuf

/// The body of one request, read within its limit and parsed as one message.
struct Body {
    let request: Request
    let maxBytes: Int

    /// Collects the body; refuses what is too large as early as it is known.
    func bytes() async throws -> BodyBytes {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= maxBytes else { throw tooLarge }
        var bytes = BodyBytes(announced: announced)
        for try await chunk in request.body {
            guard chunk.readableBytes <= maxBytes - bytes.count else { throw tooLarge }
            bytes.append(chunk.readableBytesView)
        }
        return bytes
    }

    private var tooLarge: Problem { Problem(.bodyTooLarge, "at most \(maxBytes) bytes") }

    /// Refuses what is not JSON by its own word.
    func checkType() throws(Problem) {
        guard let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" else {
            let type = request.headers[.contentType] ?? ""
            let parts = type.split(separator: ";", omittingEmptySubsequences: false)
            let trimmed = parts.map { $0.trimmed.lowercased() }
            let isPlain = trimmed.dropFirst().allSatisfy { ["", "charset=utf-8", "charset=\"utf-8\""].contains($0) }
            guard trimmed.first == "application/json", isPlain else {
                throw Problem(.unsupportedMediaType, "the body must be application/json in UTF-8")
            }
            return
        }
        throw Problem(.unsupportedMediaType, "a coded body is not supported: send it as it is")
    }

    func message<Content: Message>(_ type: Content.Type) async throws -> Content {
        try checkType()
        return try await Self.parseAside(try await bytes())
    }

    /// An empty body, of whatever type, is an empty message.
    func messageIfAny<Content: Message>(_ type: Content.Type) async throws -> Content {
        let bytes = try await bytes()
        guard bytes.count > 0 else { return Content() }
        try checkType()
        return try await Self.parseAside(bytes)
    }

    /// What takes milliseconds is read beside the loop, which has others to serve.
    private static func parseAside<Content: Message>(_ bytes: BodyBytes) async throws -> Content {
        guard bytes.count > BodyBytes.block else { return try parse(bytes.joined()) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try parse(bytes.joined()) }
    }

    static func parse<Content: Message>(_ bytes: [UInt8]) throws(Problem) -> Content {
        try JSONShape.check(bytes)
        var options = JSONDecodingOptions()
        options.messageDepthLimit = JSONShape.maxDepth
        do {
            return try Content(jsonUTF8Bytes: bytes, options: options)
        } catch let error as JSONDecodingError {
            throw Problem(error)
        } catch {
            throw Problem(.malformedBody, "the JSON could not be read")
        }
    }
}

extension Problem {
    fileprivate init(_ error: JSONDecodingError) {
        switch error {
        case .unknownField(let name):
            let isSafe = name.utf8.count <= 64 && name.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            self.init(
                .malformedBody, isSafe ? "there is no field \"\(name)\"" : "there is a field that is not known",
                field: isSafe ? name : nil)
        case .invalidUTF8: self.init(.malformedBody, "the JSON is not UTF-8")
        case .truncated: self.init(.malformedBody, "the JSON ends too early")
        case .trailingGarbage: self.init(.malformedBody, "something follows the JSON")
        case .malformedDuration: self.init(.malformedBody, "a duration must be a text such as \"1.5s\"")
        case .malformedTimestamp:
            self.init(.malformedBody, "an instant must be a text such as \"2026-11-20T18:00:00Z\"")
        case .unrecognizedEnumValue: self.init(.malformedBody, "a name is not one of those that the field may have")
        case .malformedNumber, .numberRange, .leadingZero:
            self.init(.malformedBody, "a number is malformed or out of its field's range")
        case .messageDepthLimit: self.init(.malformedBody, "the JSON is nested too deeply")
        default: self.init(.malformedBody, "the JSON is malformed, or a value is not of its field's type")
        }
    }
}
