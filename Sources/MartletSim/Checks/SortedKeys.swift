import MartletCore

/// Keys in order, by binary search.
struct SortedKeys {
    private var keys: [LaneKey] = []

    var first: LaneKey? { keys.first }

    mutating func insert(_ key: LaneKey) { keys.insert(key, at: place(of: key)) }

    mutating func remove(_ key: LaneKey) {
        let place = place(of: key)
        if place < keys.count, keys[place] == key { keys.remove(at: place) }
    }

    private func place(of key: LaneKey) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
