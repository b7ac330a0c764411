/// When running attempts end by themselves: a binary heap of their deadlines.
///
/// Entries of attempts that are over stay until they reach the top or outnumber the others; the top is
/// always a living one.
struct DeadlineHeap: Sendable {
    struct Entry: Equatable, Sendable {
        var time: Timestamp
        var token: FencingToken
        var slot: Int

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.token < right.token
        }
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var next: Timestamp? { entries.first?.time }

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        siftUp(entries.count - 1)
    }

    /// Removes what is over from the top, and everywhere once it is more than half.
    mutating func prune(living: Int, isLiving: (Entry) -> Bool) {
        if entries.count > 2 * living + 64 {
            entries.removeAll { !isLiving($0) }
            for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
        }
        while let top = entries.first, !isLiving(top) {
            entries.swapAt(0, entries.count - 1)
            entries.removeLast()
            siftDown(0)
        }
    }

    /// All entries not after `now`, the earliest first; some may be over.
    func due(by now: Timestamp) -> [Entry] {
        var found: [Entry] = []
        var open = [0]
        while let index = open.popLast() {
            guard index < entries.count, entries[index].time <= now else { continue }
            found.append(entries[index])
            open.append(2 * index + 1)
            open.append(2 * index + 2)
        }
        return found.sorted(by: <)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, entries[index] < entries[(index - 1) / 2] {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in (2 * index + 1)...(2 * index + 2) where child < entries.count {
                if entries[child] < entries[least] { least = child }
            }
            guard least != index else { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
