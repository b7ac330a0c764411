internal import MartletLog

extension LogConformance {
    private var chain: Chain { Chain(partition: Self.partition) }

    public func newLogIsEmpty() async throws {
        let log = try await fixture.open()
        try demand(try await log.head() == .empty, "the head of a new log is empty")
        try demand(try await log.read(from: 1, bytes: 100).isEmpty, "a new log has no entry")
        try demand(try await log.checkpoint() == nil, "a new log has no checkpoint")
        await log.close()
    }

    public func appendedIsRead() async throws {
        let log = try await fixture.open()
        var chain = chain
        let entries = try await log.fill(&chain, 20)
        try demand(try await log.head() == chain.head, "the head is the last entry")
        try demand(try await log.readAll() == entries, "all entries are read from 1 on")
        try demand(try await log.readAll(from: 11) == Array(entries[10...]), "entries are read from the middle on")
        try demand(try await log.read(from: 21, bytes: 100).isEmpty, "there is nothing at the end")
        try demand(try await log.read(from: 99, bytes: 100).isEmpty, "there is nothing beyond the end")
        await log.close()
    }

    public func readIsBounded() async throws {
        let log = try await fixture.open()
        var chain = chain
        let entries = try await log.fill(&chain, 10, body: [UInt8](repeating: 7, count: 1000))
        let some = try await log.read(from: 1, bytes: 3500)
        try demand(!some.isEmpty && some.count <= 4, "about 3500 bytes are three entries of 1000, not \(some.count)")
        try demand(some == Array(entries.prefix(some.count)), "a bounded read begins where it was told to")
        try demand(try await log.read(from: 4, bytes: 1) == [entries[3]], "an entry over the bound is read alone")
        try demand(try await log.readAll(bytes: 2500) == entries, "bounded reads join up")
        await log.close()
    }

    public func oneWins() async throws {
        let handles = try await fixture.openHandles(8)
        let positions = 25
        let wins = try await withThrowingTaskGroup(of: [Entry].self) { group in
            for (writer, log) in handles.enumerated() {
                group.addTask { try await Self.compete(on: log, as: UInt64(writer + 1), until: UInt64(positions)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let won = wins.sorted { $0.header.position < $1.header.position }
        try demand(won.map(\.header.position) == Array(1...UInt64(positions)), "each position was won exactly once")
        try demand(try await handles[0].readAll() == won, "the log holds the entries that won")
        for log in handles { await log.close() }
    }

    /// Appends at whatever position it believes to be next; the entries it was told are committed.
    private static func compete(on log: any EventLog, as writer: UInt64, until last: UInt64) async throws -> [Entry] {
        var wins: [Entry] = []
        var chain = Chain(partition: partition, after: try await log.head())
        while chain.head.position < last {
            let entry = chain.entry(body: [UInt8(writer)], nonce: writer)
            switch await log.append(entry) {
            case .committed:
                wins.append(entry)
                chain.head = LogHead(of: entry)
            case .fenced(let winner):
                let holder = try await log.read(from: entry.header.position, bytes: 1)
                try demand(winner.position >= entry.header.position, "the loser is fenced by an entry at its position")
                try demand(holder.first.map { $0 != entry } ?? false, "the winner of a lost position is another entry")
                chain.head = winner
            case let outcome:
                throw LawBroken(description: "a race for a position ended with \(outcome)")
            }
        }
        return wins
    }

    public func nonceTells() async throws {
        let log = try await fixture.open()
        let mine = chain.entry(body: [1], nonce: 11)
        let other = chain.entry(body: [1], nonce: 12)
        try demand(try await log.read(from: 1, bytes: 1).isEmpty, "what was not written is not there")
        guard case .committed = await log.append(mine) else { throw LawBroken(description: "the first append failed") }
        try demand(try await log.read(from: 1, bytes: 1).first?.header.nonce == 11, "the position shows whose it is")
        for again in [mine, other] {
            guard case .fenced(let head) = await log.append(again) else {
                throw LawBroken(description: "an append at a position that is taken was not fenced")
            }
            try demand(head == LogHead(of: mine), "it is fenced by the entry that is there")
        }
        try demand(try await log.readAll() == [mine], "sent twice, an entry is there once")
        await log.close()
    }

    public func foreignIsFenced() async throws {
        let log = try await fixture.open()
        var chain = chain
        let entries = try await log.fill(&chain, 3)
        let strange = EntryHash(words: (1, 2, 3, 4))
        for wrong in [
            chain.entry(position: 5), chain.entry(position: 3), chain.entry(position: 0),
            chain.entry(previous: strange), chain.entry(previous: .zero),
        ] {
            try await expectFenced(wrong, by: chain.head, on: log)
        }
        try demand(try await log.readAll() == entries, "what was refused left nothing behind")
        await log.close()
    }

    public func nothingFalls() async throws {
        let log = try await fixture.open()
        var chain = chain
        _ = try await log.fill(&chain, 1)
        let high = chain.entry(epoch: 5, time: 100)
        guard case .committed = await log.append(high) else { throw LawBroken(description: "a rise was refused") }
        chain.head = LogHead(of: high)
        try await expectFenced(chain.entry(epoch: 4, time: 100), by: chain.head, on: log)
        try await expectFenced(chain.entry(epoch: 5, time: 99), by: chain.head, on: log)
        guard case .committed = await log.append(chain.entry(epoch: 5, time: 100)) else {
            throw LawBroken(description: "an entry of the same epoch and time was refused")
        }
        await log.close()
    }

    private func expectFenced(_ entry: Entry, by head: LogHead, on log: any EventLog) async throws {
        let outcome = await log.append(entry)
        guard case .fenced(head) = outcome else {
            throw LawBroken(description: "\(entry.header) was not fenced by \(head): \(outcome)")
        }
    }

    public func sizesAreKept() async throws {
        let log = try await fixture.open()
        var chain = chain
        let large = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) }
        let entries = try await log.fill(&chain, 1, body: []) + log.fill(&chain, 1, body: large)
        try demand(try await log.readAll() == entries, "both are as they were written")
        await log.close()
    }
}
