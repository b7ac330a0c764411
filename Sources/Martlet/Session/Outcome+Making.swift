internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension SessionState.Key {
    init(_ attempt: Martlet_V1_Attempt) { self.init(jobID: attempt.jobID, token: attempt.token) }
    init(_ outcome: Martlet_V1_Outcome) { self.init(jobID: outcome.jobID, token: outcome.token) }
}

extension Martlet_V1_Held {
    init<Run>(_ key: SessionState<Run>.Key) {
        self.init()
        (jobID, token) = (key.jobID, key.token)
    }

    init(_ outcome: Martlet_V1_Outcome) {
        self.init()
        (jobID, token) = (outcome.jobID, outcome.token)
    }
}

extension Martlet_V1_Outcome {
    /// As much as a job's history keeps of a message.
    static let messageBytes = 4096
    /// Beyond what any server takes in one message; its own limit is lower, and it says so.
    static let resultBytes = 7 << 20
    /// As long as a server lets a failed job wait, 30 days: it refuses an outcome that asks for longer.
    static let longestWait = Duration.seconds(30 * 24 * 3600)
    /// The code of a failure that has none of its own.
    static let plainCode = "error"
    /// The code of a failure that stands for an outcome that the server could not read.
    static let unreadCode = "outcome-unread"

    static func completed<Run>(_ key: SessionState<Run>.Key, result: Data) -> Self {
        guard result.count <= resultBytes else {
            let message = "the result has \(result.count) bytes; the limit is \(resultBytes)"
            return .failed(key, code: "result-too-large", message: message)
        }
        var outcome = Self(key)
        outcome.completed.result = result
        return outcome
    }

    static func failed<Run>(
        _ key: SessionState<Run>.Key, code: String, message: String, isFinal: Bool = false, retryAfter: Duration? = nil
    ) -> Self {
        var outcome = Self(key)
        outcome.failed.failure.code = code
        outcome.failed.failure.message = message.cut(toBytes: messageBytes)
        outcome.failed.isFinal = isFinal
        if let retryAfter {
            outcome.failed.retryAfter = Google_Protobuf_Duration(max(.zero, min(retryAfter, longestWait)))
        }
        return outcome
    }

    static func released<Run>(_ key: SessionState<Run>.Key) -> Self {
        var outcome = Self(key)
        outcome.released = Martlet_V1_Released()
        return outcome
    }

    private init<Run>(_ key: SessionState<Run>.Key) {
        self.init()
        (jobID, token) = (key.jobID, key.token)
    }

    var sizeOfContent: Int {
        switch ending {
        case .completed(let completed): completed.result.count
        case .failed(let failed): failed.failure.message.utf8.count
        case .released, nil: 0
        }
    }

    /// Ways to say that the attempt had ended before: nothing is owed for it.
    static let lateReasons: Set<String> = ["already-settled", "stale-attempt", "unknown-job"]

    /// A result that the server cannot keep, such as one over its limit, is a failure of the attempt, and a failure
    /// that it cannot keep, such as one whose code is no name, is a plain one: left unsaid, the attempt would be held
    /// for ever. A plain failure that is refused has no replacement, so this comes to an end.
    func replacement(after refusal: Martlet_V1_Refusal) -> Self? {
        guard !Self.lateReasons.contains(refusal.reason) else { return nil }
        let key = SessionState<Never>.Key(self)
        switch ending {
        case .completed:
            return .failed(key, code: "result-refused", message: refusal.message)
        case .failed(let failed) where failed.failure.code != Self.plainCode:
            // The refusal comes first, so that a long message does not push it out.
            let code = failed.failure.code.cut(toBytes: 200)
            let message = "the server refused the code \"\(code)\" (\(refusal.message)): \(failed.failure.message)"
            return .failed(
                key, code: Self.plainCode, message: message, isFinal: failed.isFinal,
                retryAfter: failed.hasRetryAfter ? Duration(failed.retryAfter) : nil)
        case .failed, .released, nil:
            return nil
        }
    }

    /// What to say instead of an outcome over which the server ended the stream, with nothing in it that came from a
    /// handler. Left unsaid, the attempt would go back, and the job would run to the same end at once. It has no
    /// replacement of its own, so this comes to an end.
    func unread(_ message: String) -> Self? {
        let isFinal: Bool
        switch ending {
        case .completed: isFinal = false
        case .failed(let failed) where failed.failure.code != Self.unreadCode: isFinal = failed.isFinal
        case .failed, .released, nil: return nil
        }
        return .failed(
            SessionState<Never>.Key(self), code: Self.unreadCode,
            message: "the server could not read the outcome: \(message)", isFinal: isFinal)
    }
}

extension String {
    /// The longest prefix of whole characters that fits.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

extension Dictionary {
    /// True if there was none.
    mutating func updateIfAbsent(_ value: Value, forKey key: Key) -> Bool {
        guard self[key] == nil else { return false }
        self[key] = value
        return true
    }
}
