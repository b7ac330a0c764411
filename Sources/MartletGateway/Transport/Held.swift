internal import NIOCore

/// What one request that is not whole holds, among all others.
struct Held {
    private let holdings: Holdings
    private let loop: any EventLoop
    private var current: (number: UInt64, bytes: Int, wish: Wish)?

    /// That it make way: void once it has arrived whole, though the word was on its way already.
    private final class Wish {
        var isVoid = false
    }

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
        let (number, wish) = current.map { ($0.number, $0.wish) } ?? begin(makeWay)
        let before = current?.bytes ?? 0
        current = (number, bytes, wish)
        holdings.add(bytes - before, to: number)
    }

    private func begin(_ makeWay: @escaping () -> Void) -> (UInt64, Wish) {
        let wish = Wish()
        let bound = NIOLoopBound((makeWay, wish), eventLoop: loop)
        let number = holdings.begin { [loop] in
            loop.execute {
                let (makeWay, wish) = bound.value
                if !wish.isVoid { makeWay() }
            }
        }
        return (number, wish)
    }

    mutating func end() {
        guard let current else { return }
        current.wish.isVoid = true
        holdings.end(current.number)
        self.current = nil
    }
}
