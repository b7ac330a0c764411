/// The jobs in memory: one array with a free list, and where in it each job is.
///
/// Slots are stable while their job is in memory, so that lanes, heaps and sessions name jobs by slot and
/// need no hashing.
struct JobSlab: Sendable {
    struct Record: Sendable {
        var job: Job
        /// The job's queue in the `QueueTable`; `QueueTable.none` for a dead job, which is in no queue.
        var queue: Int
        /// The neighbours among the session's running jobs, and the session, in the `SessionTable`.
        var session = none
        var earlier = none
        var later = none
    }

    static let none = -1

    private var records: ContiguousArray<Record> = []
    private var free: [Int] = []
    private var slots: [JobID: Int] = [:]

    var count: Int { slots.count }

    /// Nil when the job is not in memory.
    func slot(of id: JobID) -> Int? { slots[id] }

    func contains(_ id: JobID) -> Bool { slots[id] != nil }

    /// The record in an occupied slot.
    ///
    /// Not lent with `_read`: without optimisation the compiler (Swift 6.3) goes on reading a large value that was lent
    /// after it has freed the place where it stood. Address Sanitizer finds it. With optimisation the two differ by a
    /// quarter of a percent of the instructions.
    subscript(slot: Int) -> Record {
        get { records[slot] }
        _modify { yield &records[slot] }
    }

    mutating func insert(_ record: Record) -> Int {
        let id = record.job.subject.id
        let slot: Int
        if let vacant = free.popLast() {
            slot = vacant
            records[slot] = record
        } else {
            slot = records.count
            records.append(record)
        }
        let previous = slots.updateValue(slot, forKey: id)
        precondition(previous == nil, "job \(id) is in memory already")
        return slot
    }

    mutating func remove(_ slot: Int) {
        slots[records[slot].job.subject.id] = nil
        // The payload must not outlive the job.
        records[slot] = Self.vacant
        free.append(slot)
    }

    /// All occupied slots, in no order that means anything.
    var occupied: [Int] {
        records.indices.filter { slots[records[$0].job.subject.id] == $0 }
    }

    private static let vacant = Record(
        job: Job(
            subject: Subject(id: JobID(high: 0, low: 0), number: 0, queue: ""), kind: "", payload: [], priority: 0,
            timeout: nil, retry: .standard, traceparent: nil, submittedAt: Timestamp(microseconds: 0), state: .dead),
        queue: QueueTable.none)
}
