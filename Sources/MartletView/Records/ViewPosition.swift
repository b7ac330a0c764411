public import MartletCore

/// How far a view has followed its log: the last entry whose events it holds.
///
/// A view whose position is ahead of its log, or whose hash differs from the log's at that position, means that the
/// log lost data: the node stops instead of serving it.
public struct ViewPosition: Equatable, Sendable {
    public var position: UInt64
    /// The hash of the entry at `position`: 32 bytes, zero before the first.
    public var hash: [UInt8]
    /// The entry's time.
    public var time: Timestamp
    /// The epoch of the leader that wrote the entry.
    public var epoch: UInt64

    /// Before the first entry.
    public static let empty = ViewPosition(
        position: 0, hash: [UInt8](repeating: 0, count: 32), time: Timestamp(microseconds: 0), epoch: 0)

    /// - Precondition: `hash` has 32 bytes.
    public init(position: UInt64, hash: [UInt8], time: Timestamp, epoch: UInt64) {
        precondition(hash.count == 32, "a hash has 32 bytes, not \(hash.count)")
        self.position = position
        self.hash = hash
        self.time = time
        self.epoch = epoch
    }
}
