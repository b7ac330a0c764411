internal import NIOCore

/// What one request that is not whole holds, among all others.
struct Held {
    private let holdings: Holdings
    private let loop: any EventLoop
    private var current: (number: UInt64, bytes: Int)?

    init(in holdings: Holdings, loop: any EventLoop) {
        self.holdings = holdings
        self.loop = loop
    }

    /// It holds so many bytes now.
    ///
    /// - Parameter makeWay: called later on the loop, at most once, when newer ones need the room.
    mutating func set(_ bytes: Int, makeWay: @escaping () -> Void) {
        // What begins anew is the youngest again.
        if let current, bytes < current.bytes { end() }
        guard bytes > 0 else { return }
        let number = current?.number ?? begin(makeWay)
        let before = current?.bytes ?? 0
        current = (number, bytes)
        holdings.add(bytes - before, to: number)
    }

    private func begin(_ makeWay: @escaping () -> Void) -> UInt64 {
        let bound = NIOLoopBound(makeWay, eventLoop: loop)
        return holdings.begin { [loop] in loop.execute { bound.value() } }
    }

    mutating func end() {
        if let current { holdings.end(current.number) }
        current = nil
    }
}
