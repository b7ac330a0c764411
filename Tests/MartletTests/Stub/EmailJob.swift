import Martlet

/// A typed job for the tests.
struct EmailJob: JobDefinition {
    static let kind = "send-email"
    var to: String
    var subject: String

    struct Output: Codable, Sendable { var messageID: String }
}
