internal import MartletWire

/// What was handed to a client and is not yet answered, and what to send next. Decides; does nothing itself.
///
/// The jobs of several callers travel in one request, which is all or nothing. So that one caller's bad job does not
/// fail another's, a merged request that is refused is taken apart and each caller's part goes alone.
///
/// A request keeps its sequence however often it is written: that is what makes repeating it safe.
struct SubmissionLedger {
    typealias Spec = Martlet_V1_JobSpec
    typealias Instant = ContinuousClock.Instant

    /// One caller's jobs: all of them, or none.
    struct Parcel {
        var ticket: Int
        var specs: [Spec]
        var bytes: Int
        /// When the caller's patience ends.
        var deadline: Instant
    }

    /// The end of a parcel.
    struct Settlement {
        var ticket: Int
        var outcome: Result<[String], MartletError>
    }

    struct Limits {
        /// The server's own limits of one request.
        var jobs = 10_000
        /// What is gathered into one request; a single parcel may be larger.
        var bytes = 4 << 20
        var unanswered = 4
        /// The server remembers this many sequences of a client.
        var span: UInt64 = 16
    }

    struct Request {
        var sequence: UInt64
        var parcels: [Parcel]
        var isWritten = false
        /// It was written before and not answered, or with an answer that leaves open what became of it: its jobs may
        /// have been accepted, whatever is said of it later.
        var isInDoubt = false
        /// Why the server did not accept it, if that is its last word on it.
        var refusal: MartletError?
        /// Why its jobs were not accepted, if that is certain.
        var certainRefusal: MartletError? { isInDoubt ? nil : refusal }

        var jobs: Int { parcels.reduce(0) { $0 + $1.specs.count } }
    }

    let limits: Limits
    var clientID: String
    let makeClientID: @Sendable () -> String
    var needsFreshID = false
    var lastSequence: UInt64 = 0
    /// In the order of arrival.
    var gathered: [Parcel] = []
    /// Parts of refused requests: each goes as a request of its own.
    var alone: [Parcel] = []
    /// By sequence.
    var requests: [Request] = []
    var withdrawn: Set<Int> = []
    /// The server is full until then.
    var pausedUntil: Instant?

    init(limits: Limits = Limits(), makeClientID: @escaping @Sendable () -> String) {
        self.limits = limits
        self.makeClientID = makeClientID
        clientID = makeClientID()
    }

    var isEmpty: Bool { gathered.isEmpty && alone.isEmpty && requests.isEmpty }

    mutating func gather(_ parcel: Parcel) {
        gathered.append(parcel)
    }

    /// The caller stopped waiting. What was not written yet will not be.
    mutating func withdraw(_ ticket: Int) {
        withdrawn.insert(ticket)
    }

    /// The stream ended: whatever it did not answer must be written again, in order.
    mutating func streamEnded() {
        for index in requests.indices where requests[index].isWritten {
            requests[index].isWritten = false
            requests[index].isInDoubt = true
        }
    }
}
