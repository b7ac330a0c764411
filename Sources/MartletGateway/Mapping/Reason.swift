internal import GRPCCore
internal import HTTPTypes

/// Every reason for which the gateway says no: the one table from reason to gRPC code and HTTP status.
///
/// The raw value is the stable word that programs read, the same in problem documents (`reason`), in the refusals of
/// streams and in gRPC's trailing metadata (`martlet-reason`). A word is never changed, only added.
enum Reason: String, CaseIterable, Sendable {
    case invalidField = "invalid-field"
    case malformedBody = "malformed-body"
    case malformedRequest = "malformed-request"
    case payloadTooLarge = "payload-too-large"
    case submissionTooLarge = "submission-too-large"
    case bodyTooLarge = "body-too-large"
    case headersTooLarge = "headers-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case unknownJob = "unknown-job"
    case unknownSession = "unknown-session"
    case unknownPath = "unknown-path"
    case methodNotAllowed = "method-not-allowed"
    case staleAttempt = "stale-attempt"
    case alreadySettled = "already-settled"
    case wrongState = "wrong-state"
    case idempotencyConflict = "idempotency-conflict"
    case forgottenSubmission = "forgotten-submission"
    case exhausted
    case timeout
    case unavailable
    case internalError = "internal-error"

    var code: RPCError.Code { answer.code }
    var status: HTTPResponse.Status { answer.status }
    var title: String { answer.title }

    private var answer: (code: RPCError.Code, status: HTTPResponse.Status, title: String) {
        switch self {
        case .invalidField: (.invalidArgument, .badRequest, "A field is not as it must be")
        case .malformedBody: (.invalidArgument, .badRequest, "The body could not be read")
        case .malformedRequest: (.invalidArgument, .badRequest, "The request could not be read")
        case .payloadTooLarge: (.invalidArgument, .contentTooLarge, "A payload or result is too large")
        case .submissionTooLarge: (.invalidArgument, .contentTooLarge, "The submission is too large")
        case .bodyTooLarge: (.invalidArgument, .contentTooLarge, "The body is too large")
        case .headersTooLarge: (.invalidArgument, .requestHeaderFieldsTooLarge, "The request's head is too large")
        case .unsupportedMediaType: (.invalidArgument, .unsupportedMediaType, "The body's type is not supported")
        case .unknownJob: (.notFound, .notFound, "No such job")
        case .unknownSession: (.notFound, .notFound, "No such session")
        case .unknownPath: (.unimplemented, .notFound, "No such path")
        case .methodNotAllowed: (.unimplemented, .methodNotAllowed, "The path does not take this method")
        case .staleAttempt: (.aborted, .conflict, "The attempt is no longer the job's current one")
        case .alreadySettled: (.aborted, .conflict, "The attempt was settled before")
        case .wrongState: (.failedPrecondition, .conflict, "The job's state does not allow it")
        case .idempotencyConflict: (.failedPrecondition, .conflict, "The key stands for another request")
        case .forgottenSubmission: (.failedPrecondition, .conflict, "The submission is no longer remembered")
        case .exhausted: (.resourceExhausted, .tooManyRequests, "A limit is reached")
        case .timeout: (.deadlineExceeded, .requestTimeout, "The request took too long to arrive")
        case .unavailable: (.unavailable, .serviceUnavailable, "The node cannot answer now")
        case .internalError: (.internalError, .internalServerError, "Something is wrong in the server")
        }
    }
}
