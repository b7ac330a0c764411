import MartletCore
import MartletNode

/// What clients and workers know from their own experience, to be held against the log at the end.
struct Ledger: Sendable {
    /// What each submitted job was to be, by the number in its payload.
    private(set) var specs: [UInt64: JobSpec] = [:]
    /// Jobs whose submission was acknowledged, with the number of what was submitted.
    private(set) var acknowledged: [(id: JobID, number: UInt64)] = []
    /// Outcomes that workers reported and the node accepted.
    private(set) var accepted: [(attempt: AttemptID, outcome: Kind)] = []
    private var nextNumber: UInt64 = 1

    enum Kind: Equatable, Sendable {
        case completed([UInt8])
        case failed
        /// Ended by the node, not by the worker.
        case timedOut
        case released
    }

    /// A job's payload: a number of its own, by which it is recognised in the log.
    mutating func number(_ spec: inout JobSpec) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        spec.payload = Self.bytes(number)
        specs[number] = spec
        return number
    }

    mutating func acknowledge(_ ids: [JobID], _ numbers: [UInt64]) {
        acknowledged.append(contentsOf: zip(ids, numbers).map { (id: $0, number: $1) })
    }

    mutating func accept(_ outcome: AttemptOutcome) {
        let kind: Kind =
            switch outcome.ending {
            case .completed(let result): .completed(result)
            case .failed: .failed
            case .released: .released
            }
        accepted.append((outcome.attempt, kind))
    }

    static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    static func number(in payload: [UInt8]) -> UInt64? {
        guard payload.count == 8 else { return nil }
        return payload.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
