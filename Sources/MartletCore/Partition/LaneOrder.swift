/// The hot jobs of a lane, sorted by key.
///
/// A list of short sorted runs: adding behind the last and removing the first cost next to nothing, which is
/// what queues do all day, and a key in the middle moves one run rather than the lane. The best of a lane are
/// found by walking from the start, so that deciding needs no sorting and changes nothing.
struct LaneOrder: Sequence, Sendable {
    struct Entry: Equatable, Sendable {
        var key: LaneKey
        /// The job's place in the `JobSlab`.
        var slot: Int
    }

    /// Entries before `head` have been removed already. A run is empty only if it is the only one.
    fileprivate struct Run: Sendable {
        var entries: [Entry]
        var head = 0

        /// The first position whose key is not below `key`.
        func lowerBound(of key: LaneKey) -> Int {
            var low = head
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].key < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private static let runLength = 128

    private var runs: [Run] = []
    private(set) var count = 0

    var first: LaneKey? {
        guard count > 0, let run = runs.first else { return nil }
        return run.entries[run.head].key
    }

    var lastEntry: Entry? { runs.last?.entries.last }

    var last: LaneKey? { lastEntry?.key }

    /// How many keys are below `bound`; all of them without a bound.
    func count(below bound: LaneKey?) -> Int {
        guard count > 0, let bound, let last, last >= bound else { return count }
        let run = indexOfRun(holding: bound)
        let inside = runs[run].lowerBound(of: bound) - runs[run].head
        return runs[..<run].reduce(inside) { $0 + $1.entries.count - $1.head }
    }

    mutating func insert(_ key: LaneKey, slot: Int) {
        let entry = Entry(key: key, slot: slot)
        count += 1
        guard let last else { return append(entry) }
        guard key <= last else { return append(entry) }
        let run = indexOfRun(holding: key)
        let position = runs[run].lowerBound(of: key)
        precondition(runs[run].entries[position].key != key, "two jobs of a lane have the key \(key)")
        if position == runs[run].head {
            insert(entry, beforeRun: run)
        } else {
            runs[run].entries.insert(entry, at: position)
            splitIfLong(run)
        }
    }

    /// Removes a key that the lane holds.
    mutating func remove(_ key: LaneKey) {
        precondition(count > 0, "no job of the lane has the key \(key)")
        var run = 0
        var position = runs[0].head
        if runs[0].entries[position].key != key {
            precondition(last.map { key <= $0 } ?? false, "no job of the lane has the key \(key)")
            run = indexOfRun(holding: key)
            position = runs[run].lowerBound(of: key)
        }
        precondition(runs[run].entries[position].key == key, "no job of the lane has the key \(key)")
        if position == runs[run].head {
            runs[run].head += 1
        } else {
            runs[run].entries.remove(at: position)
        }
        count -= 1
        dropIfEmpty(run)
    }

    func makeIterator() -> Iterator { Iterator(runs: runs) }

    struct Iterator: IteratorProtocol {
        fileprivate let runs: [Run]
        private var run = 0
        private var position: Int

        fileprivate init(runs: [Run]) {
            self.runs = runs
            position = runs.first?.head ?? 0
        }

        mutating func next() -> Entry? {
            while run < runs.count {
                if position < runs[run].entries.count {
                    defer { position += 1 }
                    return runs[run].entries[position]
                }
                run += 1
                position = run < runs.count ? runs[run].head : 0
            }
            return nil
        }
    }
}

extension LaneOrder {
    private mutating func append(_ entry: Entry) {
        if let tail = runs.indices.last, runs[tail].entries.count < Self.runLength {
            runs[tail].entries.append(entry)
        } else {
            runs.append(Run(entries: [entry]))
        }
    }

    /// A key between two runs extends the earlier one: the end of a priority in a queue of several.
    private mutating func insert(_ entry: Entry, beforeRun run: Int) {
        if runs[run].head > 0 {
            runs[run].head -= 1
            runs[run].entries[runs[run].head] = entry
        } else if run > 0, runs[run - 1].entries.count < Self.runLength {
            runs[run - 1].entries.append(entry)
        } else {
            runs.insert(Run(entries: [entry]), at: run)
        }
    }

    private mutating func splitIfLong(_ run: Int) {
        guard runs[run].entries.count > Self.runLength else { return }
        // An entry was put between two others, so that three at least are left.
        let middle = runs[run].head + (runs[run].entries.count - runs[run].head) / 2
        let upper = Run(entries: Array(runs[run].entries[middle...]))
        runs[run].entries.removeSubrange(middle...)
        runs.insert(upper, at: run + 1)
    }

    private mutating func dropIfEmpty(_ run: Int) {
        guard runs[run].head == runs[run].entries.count else { return }
        if runs.count > 1 {
            runs.remove(at: run)
        } else {
            // Kept with its memory: a queue of one job at a time would allocate for each.
            runs[run].entries.removeAll(keepingCapacity: true)
            runs[run].head = 0
        }
    }

    /// The first run whose last key is not below `key`; there must be one.
    private func indexOfRun(holding key: LaneKey) -> Int {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high) / 2
            if let last = runs[middle].entries.last, last.key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
