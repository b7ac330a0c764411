internal import MartletCore
internal import Synchronization

/// The jobs that are lent out: they are not retired, so that a dead job which is redriven at the end of its keeping does
/// not vanish between the read and the event.
final class Loans: Sendable {
    /// How often each is lent.
    private let counts = Mutex<[JobID: Int]>([:])

    func add(_ id: JobID) { counts.withLock { $0[id, default: 0] += 1 } }

    func remove(_ id: JobID) {
        counts.withLock { counts in
            guard let count = counts[id] else { return }
            counts[id] = count > 1 ? count - 1 : nil
        }
    }

    func contains(_ id: JobID) -> Bool { counts.withLock { $0[id] != nil } }
}
