import MartletCore
import MartletNode

/// What clients and workers know from their own experience, to be held against the log at the end.
struct Ledger: Sendable {
    /// What each submitted job was to be, by the number in its payload.
    private(set) var specs: [UInt64: JobSpec] = [:]
    /// Jobs whose submission was acknowledged.
    private(set) var acknowledged: [Acknowledgement] = []
    /// What workers were given.
    private(set) var deliveries: [(delivery: Delivery, session: SessionID?)] = []
    /// What workers wanted to say of their attempts, whether anyone heard it or not.
    private(set) var intended: [AttemptID: AttemptOutcome] = [:]
    /// Outcomes that workers reported and the node accepted.
    private(set) var accepted: [(attempt: AttemptID, outcome: Kind)] = []
    /// Outcomes that the node refused as too late.
    private(set) var refused: [AttemptID] = []
    /// What operators were told that they had done.
    private(set) var steered: [(job: JobID, fact: String)] = []
    private var nextNumber: UInt64 = 1

    struct Acknowledgement {
        let id: JobID
        let spec: JobSpec
        /// When the call began that was answered, on the node's clock.
        let asked: Timestamp
    }

    enum Kind: Equatable, Sendable {
        case completed([UInt8])
        case failed
        /// Ended by the node, not by the worker.
        case timedOut
        case released
    }

    /// A job's payload: a number of its own, by which it is recognised in the log.
    mutating func number(_ spec: inout JobSpec) {
        spec.payload = Self.bytes(nextNumber)
        specs[nextNumber] = spec
        nextNumber += 1
    }

    mutating func acknowledge(_ ids: [JobID], _ specs: [JobSpec], asked: Timestamp) {
        acknowledged += zip(ids, specs).map { Acknowledgement(id: $0, spec: $1, asked: asked) }
    }

    mutating func deliver(_ delivery: Delivery, to session: SessionID?) { deliveries.append((delivery, session)) }

    mutating func intend(_ outcome: AttemptOutcome) { intended[outcome.attempt] = outcome }

    mutating func accept(_ outcome: AttemptOutcome) { accepted.append((outcome.attempt, Self.kind(of: outcome))) }

    mutating func refuse(_ attempt: AttemptID) { refused.append(attempt) }

    mutating func steer(_ job: JobID, _ fact: String) { steered.append((job, fact)) }

    static func kind(of outcome: AttemptOutcome) -> Kind {
        switch outcome.ending {
        case .completed(let result): .completed(result)
        case .failed: .failed
        case .released: .released
        }
    }

    static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    static func number(in payload: [UInt8]) -> UInt64? {
        guard payload.count == 8 else { return nil }
        return payload.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
