internal import GRPCCore
internal import MartletWire

extension MartletError {
    init(_ refusal: Martlet_V1_Refusal) {
        let retryAfter = refusal.hasRetryAfter ? Duration(refusal.retryAfter) : nil
        self.init(
            Code(reason: refusal.reason, isTemporary: retryAfter != nil),
            refusal.message.nonEmpty ?? refusal.reason,
            field: refusal.field.nonEmpty,
            retryAfter: retryAfter
        )
    }

    /// With what the server says beside the status: the reason's word, the field, and when to retry.
    init(_ error: RPCError) {
        let said = error.metadata
        let reason = said[stringValues: "martlet-reason"].first { _ in true }
        let milliseconds = said[stringValues: "retry-after-ms"].first { _ in true }.flatMap { Int64($0) }
        self.init(
            reason.flatMap { Code(knownReason: $0) } ?? Code(error.code), error.message.nonEmpty ?? "\(error.code)",
            field: said[stringValues: "martlet-field"].first { _ in true },
            retryAfter: milliseconds.map { .milliseconds($0) }, cause: error)
    }

    /// The same error in the SDK's words. A cancellation of the caller stays one.
    static func translated(_ error: any Error) -> any Error {
        switch error {
        case is MartletError, is CancellationError, is JobFailedError: error
        case let error as RPCError where error.code == .cancelled && Task.isCancelled: CancellationError()
        case let error as RPCError: MartletError(error)
        case let error as RuntimeError where error.code == .clientIsStopped:
            MartletError(.unavailable, "the client has been shut down", cause: error)
        default: MartletError(.internalError, String(describing: error), cause: error)
        }
    }
}

extension MartletError.Code {
    fileprivate init(reason: String, isTemporary: Bool) {
        self = Self(knownReason: reason) ?? (isTemporary ? .resourceExhausted : .invalidArgument)
    }

    fileprivate init?(knownReason reason: String) {
        switch reason {
        case "unknown-job", "unknown-session": self = .notFound
        case "stale-attempt", "already-settled": self = .stale
        case "wrong-state", "idempotency-conflict": self = .conflict
        case "invalid-field", "payload-too-large", "submission-too-large": self = .invalidArgument
        case "exhausted": self = .resourceExhausted
        case "unavailable": self = .unavailable
        case "forgotten-submission": self = .outcomeUnknown
        case "internal-error": self = .internalError
        default: return nil
        }
    }

    fileprivate init(_ code: RPCError.Code) {
        switch code {
        case .invalidArgument, .outOfRange, .unimplemented: self = .invalidArgument
        case .notFound: self = .notFound
        case .alreadyExists, .failedPrecondition: self = .conflict
        case .aborted: self = .stale
        case .resourceExhausted: self = .resourceExhausted
        case .unavailable: self = .unavailable
        case .cancelled: self = .cancelled
        case .deadlineExceeded: self = .deadlineExceeded
        default: self = .internalError
        }
    }
}
