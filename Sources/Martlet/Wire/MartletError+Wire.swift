internal import GRPCCore
internal import GRPCProtobuf
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

    /// With what the server packed into the status as `google.rpc` details: the field, and when to retry.
    init(_ error: RPCError) {
        self.init(Code(error.code), error.message.nonEmpty ?? "\(error.code)", cause: error)
        do {
            for detail in try error.unpackGoogleRPCStatus()?.details ?? [] {
                if let delay = detail.retryInfo?.delay { retryAfter = delay }
                if let violation = detail.badRequest?.violations.first { field = violation.field.nonEmpty }
                if let info = detail.errorInfo, let known = Code(knownReason: info.reason) { code = known }
            }
        } catch {
            // The details are an extra: the status above stands without them.
            message += " (its details cannot be read: \(error))"
        }
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
        case "unknown-job", "not-found": self = .notFound
        case "stale-attempt", "already-settled": self = .stale
        case "wrong-state", "conflict", "idempotency-conflict": self = .conflict
        case "invalid", "invalid-argument", "too-large": self = .invalidArgument
        case "exhausted", "resource-exhausted": self = .resourceExhausted
        case "unavailable": self = .unavailable
        case "forgotten-submission": self = .outcomeUnknown
        case "internal", "internal-error": self = .internalError
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
