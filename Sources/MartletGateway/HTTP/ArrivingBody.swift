internal import NIOCore

/// What has come of a body that has not arrived whole, and its place among those of all connections.
struct ArrivingBody {
    /// After so many pieces they must be this large on the mean: each costs more than many bytes.
    private static let pieces = 1_000
    private static let smallPiece = 64

    private var held: Held
    private var bytes = 0
    private var pieces = 0

    init(held: Held) { self.held = held }

    static func isSmall(_ piece: ByteBuffer) -> Bool { piece.readableBytes < smallPiece }

    /// False: it comes in pieces of a few bytes each.
    mutating func take(_ piece: ByteBuffer) -> Bool {
        bytes += piece.readableBytes
        pieces += 1
        return pieces <= Self.pieces || bytes / pieces >= Self.smallPiece
    }

    /// Counts what has come; `makeWay` is called when newer bodies need its room.
    mutating func hold(makeWay: @escaping () -> Void) { held.set(bytes, makeWay: makeWay) }

    mutating func letGo() {
        held.end()
        (bytes, pieces) = (0, 0)
    }
}
