/// Disk space set aside for the day on which the disk is full.
///
/// A log that answers `AppendOutcome.full` can still take what finishes work in hand: its node refuses new
/// jobs, releases the reserve, and goes on recording outcomes until there is room again. Only engines that write
/// to a disk of their own have one.
public protocol ReservedSpace: Sendable {
    /// Gives the reserve back to the file system. False when there was none to give.
    func releaseReserve() async -> Bool

    /// Sets the reserve aside again, whole or not at all. True when it is there, also when it already was.
    func restoreReserve() async -> Bool
}
