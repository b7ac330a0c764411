@testable import MartletGateway

extension FuzzTarget {
    /// gRPC's messages in a call's bytes, wherever those are cut. The first bytes say where, and how many messages may
    /// end in one pass.
    static let messages = FuzzTarget("messages", longest: 128) {
        Samples.cuts.flatMap { cuts in Samples.calls.map { cuts + $0 } }
    } check: { input in
        var supply = Supply(input)
        let lengths = supply.some(4)
        let limit = 1 + supply.below(4)
        let bytes = spread(supply.rest())
        let plain = plainMessages(bytes)
        for cuts in [[], lengths] {
            try passAll(bytes, lengths: cuts, plain)
            try pass(bytes, lengths: cuts, limit: limit, plain)
        }
    }

    private struct Message {
        var size: Int
        /// Where the next one begins.
        var end: Int
        var isLarge: Bool { size >= MessageScanner.largeMessage }
    }

    private struct Tally: Equatable {
        var count: Int
        var smallCount: Int
        var held: Int
        var hasEndedLarge: Bool

        init(_ scanner: MessageScanner) {
            count = scanner.count
            smallCount = scanner.smallCount
            held = scanner.held
            hasEndedLarge = scanner.hasEndedLarge
        }

        /// After so many bytes. None of it is ever negative.
        init(of messages: [Message], after passed: Int) {
            let whole = messages.prefix { $0.end <= passed }
            let end = whole.last?.end ?? 0
            count = whole.count
            smallCount = whole.count(where: { $0.size < MessageScanner.smallMessage })
            held = passed - end
            hasEndedLarge = passed == end && whole.last?.isLarge == true
        }
    }

    private static func passAll(_ bytes: [UInt8], lengths: [UInt8], _ plain: [Message]) throws {
        var scanner = MessageScanner()
        var passed = 0
        try Pieces.each(of: bytes, lengths: lengths) { piece in
            scanner.pass(piece)
            passed += piece.count
            let tally = Tally(of: plain, after: passed)
            try hold(Tally(scanner), is: tally, "the messages of \(passed) bytes in pieces of \(lengths)")
        }
    }

    /// Passes over all of it, too, but stops where `limit` messages have ended, or a large one, and goes on from there.
    private static func pass(_ bytes: [UInt8], lengths: [UInt8], limit: Int, _ plain: [Message]) throws {
        var scanner = MessageScanner()
        var passed = 0
        try Pieces.each(of: bytes, lengths: lengths) { piece in
            var rest = piece
            while !rest.isEmpty {
                let before = (count: scanner.count, passed: passed)
                let step = scanner.pass(rest, messages: limit)
                try hold(step > 0 && step <= rest.count, "\(step) of \(rest.count) bytes were passed")
                passed += step
                let tally = Tally(of: plain, after: passed)
                try hold(Tally(scanner), is: tally, "the messages of \(passed) bytes, \(limit) in a pass")
                let count = scanner.count - before.count
                try hold(count <= limit, "\(count) messages ended in a pass, at most \(limit) may")
                let hasReason = step == rest.count || count == limit || scanner.hasEndedLarge
                try hold(hasReason, "a pass stopped for nothing behind \(passed) bytes")
                let passedLarge = plain.contains { $0.isLarge && $0.end > before.passed && $0.end < passed }
                try hold(!passedLarge, "a pass over \(step) bytes did not stop behind a large message")
                rest = UnsafeRawBufferPointer(rebasing: rest[step...])
            }
        }
        try hold(passed, is: bytes.count, "bytes passed in the end")
    }

    /// As gRPC has it: a byte for the compression, four for the length, and the message.
    private static func plainMessages(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        var start = 0
        while start + 5 <= bytes.count {
            let size = bytes[start + 1..<start + 5].reduce(0) { $0 * 256 + Int($1) }
            guard size <= bytes.count - start - 5 else { break }
            start += 5 + size
            messages.append(Message(size: size, end: start))
        }
        return messages
    }

    /// In an input it stands for as many of its kind as are a quarter of a large message: short inputs hold large ones.
    fileprivate static let quarter: UInt8 = 0xFE

    /// Room for two large messages, and no more: longer calls only cost time.
    private static func spread(_ input: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in input {
            let isSpread = byte == quarter && bytes.count < 2 * MessageScanner.largeMessage
            bytes += Array(repeating: byte, count: isSpread ? MessageScanner.largeMessage / 4 : 1)
        }
        return bytes
    }
}

extension Samples {
    /// Each after the byte that says how many messages may end in one pass.
    fileprivate static var calls: [[UInt8]] {
        let tiny: [UInt8] = [0, 0, 0, 0, 1, 7]
        let body = [UInt8](repeating: FuzzTarget.quarter, count: 4)
        let large: [UInt8] = [0, 0, 0, 0x40, 0] + body
        let lists: [[[UInt8]]] = [
            [[0, 0, 0, 0, 0], tiny, [0, 0, 0, 0, 20], [UInt8](repeating: 1, count: 20), [0, 0, 0]],
            [tiny, tiny, tiny, tiny, tiny, tiny],
            // The largest small message, and the smallest that is not.
            [[1, 0, 0, 0, 15], [UInt8](repeating: 1, count: 15), [0, 0, 0, 0, 16], [UInt8](repeating: 1, count: 16)],
            [large, large, [0, 0]],
            [tiny, large],
            // One byte short of large.
            [[0, 0, 0, 0x3F, 0xFF], body],
            [[1, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]],
        ]
        return lists.enumerated().map { [UInt8($0.offset)] + $0.element.joined() }
    }
}
