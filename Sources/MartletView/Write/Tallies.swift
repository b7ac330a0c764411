internal import MartletCore
internal import MartletSQLite

/// The queues and kinds that jobs refer to by small integers, each with its jobs counted, as of the last merged event.
///
/// A name without jobs vanishes, so that the table is bounded by what exists. Integers are not used twice while the
/// view is open, which is what readers rely on when they remember names.
struct Tallies {
    struct Entry {
        var id: Int64
        var name: String
        /// By the raw value of the state; for a kind all jobs are at 0.
        var counts = SIMD8<Int64>()
        var isChanged = false
        var isGone: Bool { counts == SIMD8<Int64>() }
    }

    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    private var vacant: [Int] = []
    private var changed: [Int] = []
    private var nextID: Int64 = 1
    private var lastName = ""
    private var lastPlace = -1

    mutating func load(_ entry: Entry) {
        places[entry.name] = entries.count
        entries.append(entry)
        nextID = max(nextID, entry.id + 1)
    }

    /// Adds `difference` to one count of `name`, which is made when it is new. Returns its integer.
    @discardableResult
    mutating func add(_ difference: Int64, at index: Int, of name: String) -> Int64 {
        let place = find(name)
        entries[place].counts[index] += difference
        if !entries[place].isChanged {
            entries[place].isChanged = true
            changed.append(place)
        }
        return entries[place].id
    }

    /// Hands each changed entry to `write`. They stay changed until `settle`.
    func forEachChanged(_ write: (Entry) throws -> Void) rethrows {
        for place in changed { try write(entries[place]) }
    }

    /// What was handed out is in the file now.
    mutating func settle() {
        for place in changed {
            entries[place].isChanged = false
            guard entries[place].isGone else { continue }
            places[entries[place].name] = nil
            vacant.append(place)
            lastPlace = -1
        }
        changed.removeAll(keepingCapacity: true)
    }

    private mutating func find(_ name: String) -> Int {
        if lastPlace >= 0, lastName == name { return lastPlace }
        let place = places[name] ?? make(name)
        (lastName, lastPlace) = (name, place)
        return place
    }

    private mutating func make(_ name: String) -> Int {
        let entry = Entry(id: nextID, name: name)
        nextID += 1
        let place: Int
        if let free = vacant.popLast() {
            place = free
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[name] = place
        return place
    }
}
