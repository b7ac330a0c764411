/// A typed job: its payload is its JSON.
///
///     struct EmailJob: JobDefinition {
///         static let kind = "send-email"
///         var to: String
///     }
///
/// Dates within are written as RFC 3339 with milliseconds, so that a worker in any language reads them.
public protocol JobDefinition: Codable, Sendable {
    /// What the handler returns; recorded with the job as its JSON.
    associatedtype Output: Codable & Sendable = NoOutput

    /// The name that chooses the handler: 1 to 200 bytes of `[A-Za-z0-9._:/-]`.
    static var kind: String { get }
}

/// The output of a job that has none: recorded as no bytes at all.
public struct NoOutput: Codable, Sendable, Hashable {
    public init() {}
}
