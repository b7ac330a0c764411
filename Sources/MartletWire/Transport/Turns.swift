internal import NIOCore

/// Who is next in a `FairLine`.
///
/// What has been begun comes first, or there is ever more of it; then peers that have been served before; then what is
/// due, and strangers, of whom there may be any number. Each comes now and then before its time, or it may never come.
/// Peers take turns, however much of each waits: one with a hundred calls gets no more than one with a single call.
struct Turns {
    typealias Work = () -> Void

    /// What is due may be thousands of timers; a few of them take little of the time.
    private static let dueEachTime = 8

    private var begun = CircularBuffer<Work>()
    private var due = CircularBuffer<Work>()
    private var known = CircularBuffer<FairLine.Peer>()
    /// Some may be known by now, and wait among those.
    private var strangers = CircularBuffer<FairLine.Peer>()
    private var turn = 0

    /// Whether new work of this peer may go on without waiting: none of its own waits, nor anything begun, nor, if it is a
    /// stranger, a known peer. It passes by what is due, by strangers, and a known one by others; how much of that there
    /// may be, `FairLine` counts.
    func isFree(for peer: FairLine.Peer) -> Bool {
        begun.isEmpty && peer.waiting.isEmpty && (peer.isKnown || known.isEmpty)
    }

    mutating func addBegun(_ work: @escaping Work) { begun.append(work) }

    mutating func addDue(_ work: @escaping Work) { due.append(work) }

    mutating func add(_ work: @escaping Work, of peer: FairLine.Peer) {
        peer.waiting.append(work)
        if peer.waiting.count == 1 { queue(peer) }
    }

    mutating func know(_ peer: FairLine.Peer) {
        peer.isKnown = true
        guard peer.isAmongStrangers else { return }
        peer.isAmongStrangers = false
        known.append(peer)
    }

    /// What is due comes each time that work is taken up, a little of it. A single turn of what has been begun may last
    /// all that time, and one turn in sixteen would then be one in sixteen of those times. Strangers bear that.
    mutating func nextDue() -> [Work] {
        var works: [Work] = []
        while works.count < Self.dueEachTime, let work = due.popFirst() { works.append(work) }
        return works
    }

    mutating func next() -> Work? {
        turn &+= 1
        if turn % 16 == 0, let work = popStranger() { return work }
        if turn % 16 == 8, let work = due.popFirst() { return work }
        if turn % 2 == 0, let work = popKnown() { return work }
        return begun.popFirst() ?? popKnown() ?? due.popFirst() ?? popStranger()
    }

    private mutating func popKnown() -> Work? { known.popFirst().flatMap { take(of: $0) } }

    private mutating func popStranger() -> Work? {
        while let peer = strangers.popFirst() {
            guard peer.isAmongStrangers else { continue }
            peer.isAmongStrangers = false
            return take(of: peer)
        }
        return nil
    }

    private mutating func take(of peer: FairLine.Peer) -> Work? {
        let work = peer.waiting.popFirst()
        if !peer.waiting.isEmpty { queue(peer) }
        return work
    }

    private mutating func queue(_ peer: FairLine.Peer) {
        if peer.isKnown { return known.append(peer) }
        peer.isAmongStrangers = true
        strangers.append(peer)
    }
}
