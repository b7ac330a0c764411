internal import GRPCCore
internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf

/// Why a call is refused, before it is put into the words of HTTP, gRPC or a stream.
struct Problem: Error, Equatable {
    var reason: Reason
    /// For people: names the field and the limit. Never holds a payload.
    var message: String
    /// The field at fault, as the protocol names it: `jobs[3].queue`.
    var field: String?
    /// When trying again can help.
    var retryAfter: Duration?

    init(_ reason: Reason, _ message: String, field: String? = nil, retryAfter: Duration? = nil) {
        self.reason = reason
        self.message = message
        self.field = field
        self.retryAfter = retryAfter
    }

    static func invalid(_ field: String, _ message: String) -> Problem {
        Problem(.invalidField, "\(field): \(message)", field: field)
    }
}

extension Problem {
    /// What the node's answer means to the caller. `inList`: the job at fault was one of a request's `jobs`.
    init(_ error: NodeError, inList: Bool = false) {
        switch error {
        case .refused(let refusal):
            self.init(refusal, inList: inList)
        case .exhausted(let what, let limit, let retryAfter):
            self.init(.exhausted, "\(what): the limit is \(limit)", retryAfter: max(retryAfter, .milliseconds(1)))
        case .unavailable(let reason):
            self.init(.unavailable, reason, retryAfter: .seconds(1))
        case .unknownJob(let id):
            self.init(.unknownJob, "no job \(id) is known or kept")
        case .alreadySettled(let attempt):
            self.init(.alreadySettled, "this attempt of job \(attempt.job) was settled before with the same token")
        case .unknownSession(let session):
            self.init(
                .unknownSession, "session \(session) is not known, or another connection took it over: open a new one",
                field: "open.session_id")
        case .invalid(let field, let message):
            self = .invalid(field, message)
        }
    }

    private init(_ refusal: Refusal, inList: Bool) {
        func place(_ index: Int, _ field: String) -> String { inList ? "jobs[\(index)].\(field)" : field }
        switch refusal {
        case .unknownJob(let id):
            self.init(.unknownJob, "no job \(id) is known or kept")
        case .staleAttempt(let attempt):
            self.init(.staleAttempt, "the token is not that of job \(attempt.job)'s current attempt", field: "token")
        case .wrongState(let id, let state):
            self.init(.wrongState, "job \(id) is \(state)")
        case .idempotencyConflict(let index, let key, let job):
            let field = place(index, "idempotency_key")
            self.init(
                .idempotencyConflict, "\(field): \"\(key)\" stands for job \(job), which was asked for differently",
                field: field)
        case .invalid(let index, let field, let message):
            let isSize = field == "payload" || field == "result"
            self.init(
                isSize ? .payloadTooLarge : .invalidField, "\(place(index, field)): \(message)",
                field: place(index, field))
        case .tooLarge(let message):
            self.init(.submissionTooLarge, message, field: inList ? "jobs" : nil)
        case .forgottenSubmission(let stamp):
            self.init(
                .forgottenSubmission,
                "submission \(stamp.sequence) of this client is too old to be answered again: it may have happened",
                field: "sequence")
        case .exhausted(let what, let limit):
            self.init(.exhausted, "\(what): the limit is \(limit)", retryAfter: .seconds(1))
        }
    }
}

extension Problem: RPCErrorConvertible {
    var rpcErrorCode: RPCError.Code { reason.code }
    var rpcErrorMessage: String { message }
    var rpcErrorMetadata: Metadata {
        var metadata: Metadata = ["martlet-reason": "\(reason.rawValue)"]
        if let field { metadata.addString(field, forKey: "martlet-field") }
        if let retryAfter { metadata.addString(String(retryAfter.wholeMilliseconds), forKey: "retry-after-ms") }
        return metadata
    }
}

extension Martlet_V1_Refusal {
    init(_ problem: Problem) {
        self.init()
        reason = problem.reason.rawValue
        message = problem.message
        field = problem.field ?? ""
        if let retryAfter = problem.retryAfter { self.retryAfter = Google_Protobuf_Duration(wire: retryAfter) }
    }
}

extension Duration {
    /// Rounded up: whoever waits this long has waited long enough.
    var wholeMilliseconds: Int64 { roundedUp(to: 1000) }
    /// Rounded up: whoever waits this long has waited long enough.
    var wholeSeconds: Int64 { roundedUp(to: 1_000_000) }

    private func roundedUp(to unit: Int64) -> Int64 {
        let whole = inMicroseconds / unit
        return inMicroseconds % unit > 0 ? whole + 1 : whole
    }
}
