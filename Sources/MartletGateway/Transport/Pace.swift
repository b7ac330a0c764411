internal import NIOCore

/// How far the messages of one call may be ahead of its answers.
///
/// A whole message that was handed on is counted by nobody until its reader takes it, and a reader whose answers are
/// not taken takes none. So no more are handed on than it takes without that; the others stay in HTTP/2's window, and
/// so with the peer.
struct Pace {
    /// Before the first answer.
    private let first: Int
    /// From then on, beyond those that were answered.
    private let ahead: Int
    private var answers = MessageScanner()

    static let free = Pace(first: .max, ahead: .max)

    /// `Int.max` is any number.
    init(first: Int, ahead: Int) {
        self.first = first
        self.ahead = ahead
    }

    /// How many more messages may be handed on when so many have been.
    func room(after count: Int) -> Int {
        guard answers.count > 0 else { return first - count }
        return ahead == .max ? .max : answers.count + ahead - count
    }

    /// Counts the answers in what is written.
    mutating func answer(with data: IOData) {
        guard first < .max, answers.count == 0 || ahead < .max, case .byteBuffer(let buffer) = data else { return }
        buffer.withUnsafeReadableBytes { answers.pass($0) }
    }
}
