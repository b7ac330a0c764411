internal import MartletLog

extension LogConformance {
    private func filled(_ count: Int) async throws -> (any EventLog, [Entry]) {
        let log = try await fixture.open()
        var chain = Chain(partition: Self.partition)
        return (log, try await log.fill(&chain, count))
    }

    private func checkpoint(at entry: Entry, _ body: [UInt8] = [9]) -> Checkpoint {
        Checkpoint(position: entry.header.position, hash: entry.hash, body: body)
    }

    public func closingKeeps() async throws {
        let (log, entries) = try await filled(10)
        try await log.keep(checkpoint(at: entries[4]))
        let incarnation = log.incarnation
        await log.close()
        try await expectSame(try await fixture.open(), incarnation, entries)
    }

    public func crashKeeps() async throws {
        let (log, entries) = try await filled(10)
        try await log.keep(checkpoint(at: entries[4]))
        let incarnation = log.incarnation
        try await expectSame(try await fixture.openAfterCrash(of: log), incarnation, entries)
    }

    private func expectSame(_ log: any EventLog, _ incarnation: LogIncarnation, _ entries: [Entry]) async throws {
        try demand(log.incarnation == incarnation, "the incarnation stays")
        try demand(try await log.readAll() == entries, "every entry is there")
        try demand(try await log.checkpoint() == checkpoint(at: entries[4]), "the checkpoint is there")
        var chain = Chain(partition: Self.partition, after: try await log.head())
        try demand(entries.last.map(LogHead.init(of:)) == chain.head, "the head is the last entry")
        _ = try await log.fill(&chain, 1)
        await log.close()
    }

    public func newestCheckpointStays() async throws {
        let (log, entries) = try await filled(5)
        let large = [UInt8](repeating: 3, count: 1 << 20)
        for kept in [checkpoint(at: entries[1]), checkpoint(at: entries[3], []), checkpoint(at: entries[3], large)] {
            try await log.keep(kept)
            try demand(try await log.checkpoint() == kept, "the checkpoint last kept is given back")
        }
        try await log.keep(checkpoint(at: entries[2]))
        try demand(
            try await log.checkpoint() == checkpoint(at: entries[3], large),
            "an older checkpoint replaces no newer one")
        await log.close()
    }

    public func strangeCheckpointIsRefused() async throws {
        let (log, entries) = try await filled(3)
        var strange = checkpoint(at: entries[1])
        strange.hash = entries[0].hash
        let error = try await refusal(of: "a checkpoint with another hash") { () throws(LogError) in
            try await log.keep(strange)
        }
        guard case .damaged(position: 2, _) = error else {
            throw LawBroken(description: "a checkpoint with another hash was refused with: \(error)")
        }
        await log.close()
    }

    public func forgettingNeedsCheckpoint() async throws {
        let (log, entries) = try await filled(10)
        let early = try await refusal(of: "forgetting without a checkpoint") { () throws(LogError) in
            try await log.forget(through: 3)
        }
        try demand(early == .notCovered(position: 3), "nothing is forgotten without a checkpoint, not \(early)")
        try await log.keep(checkpoint(at: entries[5]))
        let beyond = try await refusal(of: "forgetting beyond the checkpoint") { () throws(LogError) in
            try await log.forget(through: 7)
        }
        try demand(beyond == .notCovered(position: 7), "nothing beyond it is forgotten, not \(beyond)")
        try demand(try await log.readAll() == entries, "what was refused changed nothing")
        try await forget(through: 4, in: log)
        try demand(try await log.readAll(from: 5) == Array(entries[4...]), "what was not to be forgotten is there")
        await log.close()
    }

    /// A log may forget in parts: asked as often as there are entries, it must be done.
    private func forget(through position: UInt64, in log: any EventLog) async throws {
        for _ in 0..<position { try await log.forget(through: position) }
        let error = try await refusal(of: "reading what is forgotten") { () throws(LogError) in
            try await log.read(from: position, bytes: 100)
        }
        try demand(error == .forgotten(first: position + 1), "a forgotten entry is refused as such, not with \(error)")
    }

    public func headSurvives() async throws {
        let (log, entries) = try await filled(6)
        try await log.keep(checkpoint(at: entries[5]))
        // The last one is asked for too, and stays.
        try await log.forget(through: 6)
        try await forget(through: 5, in: log)
        let head = LogHead(of: entries[5])
        try demand(try await log.head() == head, "the head is as it was")
        let reopened = try await fixture.openAfterCrash(of: log)
        try demand(try await reopened.head() == head, "the head is as it was after a crash")
        var chain = Chain(partition: Self.partition, after: head)
        let more = try await reopened.fill(&chain, 2)
        try demand(try await reopened.readAll(from: 6) == [entries[5]] + more, "the chain goes on")
        await reopened.close()
    }

    public func excessIsForgotten() async throws {
        let first = try await fixture.open()
        var chain = Chain(partition: Self.partition)
        let entries = try await first.fill(&chain, 100, body: [UInt8](repeating: 7, count: 10_000))
        try demand(try await first.excess(over: 4_000_000) == nil, "a million bytes are no more than four")
        try await first.keep(checkpoint(at: entries[99]))
        // What is kept is counted by the log, not by the process.
        let log = try await fixture.openAfterCrash(of: first)
        let start = try await forgetExcess(over: 500_000, in: log)
        let kept = try await log.readAll(from: start)
        try demand(kept == Array(entries.dropFirst(Int(start) - 1)), "what is not too much is there")
        let bytes = kept.count * 10_000
        try demand((250_000...500_000).contains(bytes), "about 500,000 bytes stay, not \(bytes)")
        let last = try await forgetExcess(over: 0, in: log)
        try demand(try await log.readAll(from: last) == [entries[99]], "the last entry is never too much")
        await log.close()
    }

    /// Returns the position of the first entry that stays.
    private func forgetExcess(over bytes: Int, in log: any EventLog) async throws -> UInt64 {
        var forgotten: UInt64 = 0
        while let next = try await log.excess(over: bytes) {
            try demand(next > forgotten, "each step leads further than \(forgotten), not to \(next)")
            try await log.forget(through: next)
            forgotten = next
        }
        return forgotten + 1
    }

    public func closedRefuses() async throws {
        let (log, entries) = try await filled(2)
        await log.close()
        await log.close()
        let next = Chain(partition: Self.partition, after: LogHead(of: entries[1])).entry()
        guard case .unknown(.stopped) = await log.append(next) else {
            throw LawBroken(description: "a closed log did not refuse an append")
        }
        let kept = checkpoint(at: entries[1])
        let refusals = [
            try await refusal(of: "head") { () throws(LogError) in try await log.head() },
            try await refusal(of: "read") { () throws(LogError) in try await log.read(from: 1, bytes: 1) },
            try await refusal(of: "keep") { () throws(LogError) in try await log.keep(kept) },
            try await refusal(of: "checkpoint") { () throws(LogError) in try await log.checkpoint() },
            try await refusal(of: "forget") { () throws(LogError) in try await log.forget(through: 1) },
            try await refusal(of: "excess") { () throws(LogError) in try await log.excess(over: 1) },
        ]
        try demand(refusals.allSatisfy { $0 == .closed }, "each refusal says that the log was closed: \(refusals)")
        try demand(try await fixture.open().readAll() == entries, "what was refused left nothing behind")
    }
}
