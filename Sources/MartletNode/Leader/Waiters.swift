import MartletCore

/// Who waits for which job to reach a final state.
struct Waiters {
    /// Called once: true when the job is final, false when the leader stops.
    typealias Wake = @Sendable (Bool) -> Void

    private var waiting: [JobID: [(ticket: UInt64, wake: Wake)]] = [:]
    private var nextTicket: UInt64 = 1
    private(set) var count = 0

    /// A place in the line, by which the wait can be given up.
    mutating func add(_ job: JobID, _ wake: @escaping Wake) -> UInt64 {
        defer { nextTicket += 1 }
        waiting[job, default: []].append((nextTicket, wake))
        count += 1
        return nextTicket
    }

    /// Gives up a wait; it is not woken any more.
    mutating func remove(_ job: JobID, ticket: UInt64) -> Wake? {
        guard var line = waiting[job], let place = line.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        let wake = line.remove(at: place).wake
        waiting[job] = line.isEmpty ? nil : line
        count -= 1
        return wake
    }

    /// Everyone who waits for the job, in the order in which they came.
    mutating func take(_ job: JobID) -> [Wake] {
        guard count > 0, let line = waiting.removeValue(forKey: job) else { return [] }
        count -= line.count
        return line.map(\.wake)
    }

    mutating func takeAll() -> [Wake] {
        defer { self = Waiters() }
        return waiting.sorted { $0.key < $1.key }.flatMap { $0.value.map(\.wake) }
    }
}
