/// The jobs that left a lane from behind its boundary while a page of it was read.
///
/// The read may have seen them wait there still, and a record that was read too early must not come back into memory.
/// Nothing else that happens meanwhile need be remembered: what stands before the boundary no page looks at, and what
/// is cold does not change without coming into memory first. So what counts is not how long the read takes, nor how
/// many others there are, but what came in by name or in its time behind the boundary, and is gone again.
struct Departures: Sendable {
    private let most: Int
    private var numbers: Set<UInt64> = []
    /// More left than is remembered: the page is to be read anew.
    private(set) var isOverfull = false

    init(most: Int) { self.most = most }

    /// How many are remembered.
    var count: Int { numbers.count }

    mutating func note(_ number: UInt64) {
        guard numbers.count < most || numbers.contains(number) else { return isOverfull = true }
        numbers.insert(number)
    }

    /// Whether the record is older than what is known of the job.
    func outdate(_ record: Job) -> Bool { numbers.contains(record.subject.number) }
}
