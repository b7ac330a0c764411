internal import MartletCore

/// What the events since the last write did to one job: the columns to set, and the history to add.
///
/// Every event but an extension moves a job to a state and thereby fixes all columns of `Columns.standing`: that is
/// why a row is updated without being read.
struct JobChange {
    struct Columns: OptionSet, Hashable {
        let rawValue: UInt8
        /// State, due, finished, lease and leased until.
        static let standing = Columns(rawValue: 1)
        /// Leased until alone.
        static let until = Columns(rawValue: 2)
        /// The attempt and its token.
        static let attempt = Columns(rawValue: 4)
        static let started = Columns(rawValue: 8)
        static let failures = Columns(rawValue: 16)
        static let losses = Columns(rawValue: 32)
        static let failure = Columns(rawValue: 64)
        static let result = Columns(rawValue: 128)
    }

    /// The place of an event among the merged entries.
    struct Source {
        var entry: Int
        var event: Int
    }

    /// A job that is not in the file yet. What it is stands in the event that submitted it.
    struct Birth {
        var source: Source
        var time: Timestamp
        var queue: Int64
        var kind: Int64
    }

    let number: UInt64
    var birth: Birth?
    var columns: Columns = []
    var state = JobState.queued
    var due: Timestamp?
    var finished: Timestamp?
    var hold: PackedColumns.Hold?
    var until: Timestamp?
    var attempt = 0
    var token: FencingToken?
    var started: Timestamp?
    var failures = 0
    var losses = 0
    var failure: Failure?
    var result: [UInt8]?
    var history: [UInt8] = []

    init(number: UInt64) { self.number = number }

    /// The job is in `state` from `time` on, without a lease.
    mutating func stand(_ state: JobState, at time: Timestamp, due: Timestamp? = nil) {
        columns.insert(.standing)
        self.state = state
        self.due = due
        finished = state.isFinal ? time : nil
        hold = nil
        until = nil
    }

    mutating func set(attempt: Int, _ token: FencingToken) {
        columns.insert(.attempt)
        self.attempt = attempt
        self.token = token
    }

    mutating func set(_ failure: Failure?) {
        columns.insert(.failure)
        self.failure = failure
    }
}
