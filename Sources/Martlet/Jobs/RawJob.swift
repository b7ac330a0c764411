/// A job whose payload is bytes, for callers that do not know its type.
public struct RawJob: Sendable, Hashable {
    public var kind: String
    public var payload: [UInt8]
    public var options: JobOptions

    public init(kind: String, payload: [UInt8], options: JobOptions = .standard) {
        self.kind = kind
        self.payload = payload
        self.options = options
    }
}

/// A job that was submitted: all that is needed to ask for it later, from any process.
public struct JobHandle: Sendable, Hashable, Codable {
    public var id: String

    public init(id: String) {
        self.id = id
    }
}
