import MartletCore

@testable import MartletNode
@testable import MartletView

extension FuzzTarget {
    /// A history that a partition decided, perhaps with some of its events altered: written to a log, read, projected
    /// into the view, and a partition started from that.
    ///
    /// The hashes of the log keep such damage away; whoever wrote the entry may still have been wrong.
    static let recovery = FuzzTarget("recovery", longest: 512) {
        Samples.noise(12, of: 160)
    } check: { input in
        var supply = Supply(input)
        var life = Life()
        let alterations = supply.below(3)
        var entries: [[Event]] = []
        while !supply.isEmpty { entries.append(life.step(&supply)) }
        let altered = alter(entries, times: alterations, &supply)
        var read: [[Event]] = []
        do {
            for events in altered { read.append(try EntryCodec.decode(EntryCodec.encode(events, sizeHint: 0))) }
        } catch {
            return try hold(alterations > 0, "what was decided cannot be read: \(error)")
        }
        try hold(read, is: altered, "events written and read")
        try ScratchView.lend { view in
            do {
                try view.write(read)
                var partition = try view.start()
                try view.fill(&partition)
                if altered == entries { try agree(partition, with: life.partition) }
            } catch let error as ViewError {
                try hold(altered != entries, "what was decided is refused: \(error)")
            }
        }
    }

    private static func alter(_ entries: [[Event]], times: Int, _ supply: inout Supply) -> [[Event]] {
        var entries = entries
        for _ in 0..<times where !entries.isEmpty {
            let entry = supply.below(entries.count)
            guard !entries[entry].isEmpty else { continue }
            let event = supply.below(entries[entry].count)
            entries[entry][event] = entries[entry][event].altered(&supply)
        }
        return entries
    }

    private static func agree(_ restored: Partition, with live: Partition) throws {
        try hold(restored.checkInvariants(), is: [], "the partition with its pages")
        try hold(restored.runningCount, is: live.runningCount, "how many run")
        for queue in Life.queues {
            try hold(restored.counts(of: queue), is: live.counts(of: queue), "the counts of \(queue)")
        }
    }
}
