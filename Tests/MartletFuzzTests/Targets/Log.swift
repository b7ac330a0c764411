import MartletLog
import SwiftProtobuf

@testable import MartletLogSQLite

extension FuzzTarget {
    /// A chain of entries, some of them altered: a verifier accepts what was written, and that alone.
    static let chain = FuzzTarget("chain", longest: 256) {
        Samples.noise(6, of: 120)
    } check: { input in
        var supply = Supply(input)
        var verifier = LogVerifier(partition: 1, after: .empty)
        while !supply.isEmpty {
            let head = verifier.head
            let entry = Entry(
                header: EntryHeader(
                    partition: 1, position: head.position + 1, epoch: head.epoch, nonce: supply.word(),
                    previous: head.hash, time: max(head.time, supply.integer())),
                body: supply.some(60))
            let altered = entry.altered(&supply)
            do {
                try verifier.accept(altered)
                try hold(altered, is: entry, "an entry that was altered is accepted")
            } catch let error as LogError {
                try hold(verifier.head, is: head, "a refused entry moves the head")
                try hold(altered != entry, "an entry as it was written is refused: \(error)")
            }
        }
    }

    /// One slot of the mark's file.
    static let mark = FuzzTarget("mark", longest: 128) {
        let mark = HighWaterMark(
            incarnation: LogIncarnation(high: 1, low: 2), position: 3, hash: EntryHash(words: (4, 5, 6, 7)),
            checkpoint: 8)
        return [mark.encoded, Array(mark.encoded.dropLast()), []]
    } check: { input in
        guard let mark = HighWaterMark(slot: [UInt8](input)) else { return }
        try hold(mark.encoded, is: [UInt8](input.prefix(HighWaterMark.size)), "a mark and its bytes")
    }
}

extension Entry {
    fileprivate func altered(_ supply: inout Supply) -> Entry {
        var entry = self
        switch supply.below(16) {
        case 0: entry.header.position = supply.word()
        case 1: entry.header.epoch = supply.word()
        case 2: entry.header.nonce = supply.word()
        case 3: entry.header.time = supply.integer()
        case 4: entry.header.partition = UInt32(truncatingIfNeeded: supply.word())
        case 5: entry.body = supply.some(60)
        case 6: entry.header.previous = EntryHash(words: (supply.word(), 0, 0, 0))
        case 7: entry.hash = EntryHash(words: (supply.word(), 0, 0, 0))
        default: break
        }
        return entry
    }
}
