internal import MartletWire

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which code runs the jobs of which kind.
struct HandlerTable: Sendable {
    typealias Handler = @Sendable (Data, AttemptContext) async throws -> Data

    private var handlers: [String: Handler] = [:]
    private var fallback: Handler?

    mutating func add(_ kind: String, _ handler: @escaping Handler) {
        precondition(handlers[kind] == nil, "The kind \(kind) has a handler already.")
        handlers[kind] = handler
    }

    mutating func addFallback(_ handler: @escaping Handler) {
        precondition(fallback == nil, "There is a handler for every other kind already.")
        fallback = handler
    }

    subscript(kind: String) -> Handler? { handlers[kind] ?? fallback }
}

extension Martlet_V1_Outcome {
    /// What an error thrown by a handler says about its attempt.
    static func thrown<Run>(_ error: any Error, _ key: SessionState<Run>.Key) -> Self {
        switch error {
        case let refusal as RefuseJob:
            .failed(key, code: refusal.code, message: refusal.message, isFinal: true)
        case let retry as RetryJob:
            .failed(key, code: retry.code, message: retry.message, retryAfter: retry.after)
        case let coded as any CodedFailure:
            .failed(key, code: coded.failureCode, message: String(describing: error))
        default:
            .failed(key, code: plainCode, message: String(describing: error))
        }
    }
}
