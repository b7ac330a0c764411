import MartletCore
import MartletNode

/// What clients and workers know from their own experience, to be held against the log at the end.
struct Ledger: Sendable {
    /// What each submitted job was to be, by the number in its payload.
    private(set) var specs: [UInt64: JobSpec] = [:]
    /// Jobs whose submission was acknowledged.
    private(set) var acknowledged: [Acknowledgement] = []
    /// Requests that were refused because another one had their key, and the job that it became.
    private(set) var conflicts: [(spec: JobSpec, job: JobID)] = []
    /// What workers were given.
    private(set) var deliveries: [(delivery: Delivery, session: SessionID?)] = []
    /// What workers wanted to say of their attempts, whether anyone heard it or not.
    private(set) var intended: [AttemptID: AttemptOutcome] = [:]
    /// Outcomes that workers reported and the node accepted.
    private(set) var accepted: [(attempt: AttemptID, outcome: Ending)] = []
    /// Outcomes that a node refused as too late.
    private(set) var refused: [Word] = []
    /// Outcomes that a node refused because it knew of no such job.
    private(set) var missed: [Word] = []
    /// Acknowledged jobs that a node did not know, and when.
    private(set) var absent: [(job: JobID, time: Duration, epoch: UInt64?)] = []
    /// What operators were told that they had done.
    private(set) var steered: [(job: JobID, fact: String)] = []
    /// What they asked for, whatever came of it.
    private(set) var wanted: [JobID: Set<String>] = [:]
    /// In what state they were told that a job is, when they looked or were refused because of it.
    private(set) var states: [StateWord] = []
    private var nextNumber: UInt64 = 1
    /// What was asked for by each key, whatever came of it.
    private var requests: [String: [JobSpec]] = [:]
    private var redriven: Set<JobID> = []

    struct Acknowledgement {
        let id: JobID
        let spec: JobSpec
        /// When the call began that was answered.
        let asked: Duration
        /// Of the node that answered.
        let epoch: UInt64
    }

    /// What a node said of an attempt.
    struct Word {
        let attempt: AttemptID
        /// The epoch that it leads or believed to lead; nil when that is not known.
        let epoch: UInt64?
        /// When it was heard.
        let time: Duration
    }

    struct StateWord {
        let job: JobID
        /// What the node said that it was.
        let state: JobState
        /// When a redrive was asked for that was refused, and the newest epoch then. Nil for whatever was not the job's
        /// first redrive.
        let firstRedrive: (time: Duration, epoch: UInt64)?
    }

    enum Ending: Equatable, Sendable {
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

    /// A request is about to be made by the key.
    mutating func ask(_ spec: JobSpec, by key: String) {
        if requests[key]?.contains(spec) != true { requests[key, default: []].append(spec) }
    }

    /// Whether the key may stand for another request than this one.
    func isContested(_ key: String, by spec: JobSpec) -> Bool { requests[key]?.contains { $0 != spec } ?? false }

    /// Whether such a job was ever asked for by that key.
    func isAsked(_ key: String, for job: JobAccount) -> Bool { requests[key]?.contains { job.isWhat($0) } ?? false }

    mutating func conflict(_ spec: JobSpec, with job: JobID) { conflicts.append((spec, job)) }

    mutating func acknowledge(_ ids: [JobID], _ specs: [JobSpec], asked: Duration, by epoch: UInt64) {
        acknowledged += zip(ids, specs).map { Acknowledgement(id: $0, spec: $1, asked: asked, epoch: epoch) }
    }

    mutating func deliver(_ delivery: Delivery, to session: SessionID?) { deliveries.append((delivery, session)) }

    mutating func intend(_ outcome: AttemptOutcome) { intended[outcome.attempt] = outcome }

    mutating func accept(_ outcome: AttemptOutcome) { accepted.append((outcome.attempt, Self.ending(of: outcome))) }

    mutating func refuse(_ word: Word) { refused.append(word) }

    mutating func miss(_ word: Word) { missed.append(word) }

    mutating func miss(_ job: JobID, at time: Duration, by epoch: UInt64?) { absent.append((job, time, epoch)) }

    mutating func steer(_ job: JobID, _ fact: String) { steered.append((job, fact)) }

    mutating func want(_ job: JobID, _ fact: String) { wanted[job, default: []].insert(fact) }

    mutating func hear(_ word: StateWord) { states.append(word) }

    /// Whether nobody asked for it before.
    mutating func isFirstRedrive(of job: JobID) -> Bool { redriven.insert(job).inserted }

    static func ending(of outcome: AttemptOutcome) -> Ending {
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
