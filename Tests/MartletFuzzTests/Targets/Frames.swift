@testable import MartletGateway

extension FuzzTarget {
    /// The heads of HTTP/2 frames in what a client sends, wherever that is cut. The first bytes say where.
    static let frames = FuzzTarget("frames", longest: 512) {
        Samples.cuts.flatMap { cuts in Samples.frames.map { cuts + $0 } }
    } check: { input in
        var supply = Supply(input)
        let lengths = supply.some(4)
        let bytes = [UInt8](supply.rest())
        let plain = plainFrames(bytes)
        try hold(try scannedFrames(bytes, lengths: []), is: plain, "frames in one piece")
        try hold(try scannedFrames(bytes, lengths: lengths), is: plain, "frames in pieces of \(lengths) bytes")
    }

    private struct Frame: Equatable {
        var head: FrameScanner.Head
        var endsStream: Bool
        /// Where what the head announces begins.
        var body: Int
    }

    private static func scannedFrames(_ bytes: [UInt8], lengths: [UInt8]) throws -> [Frame] {
        var scanner = FrameScanner()
        var frames: [Frame] = []
        var passed = 0
        try Pieces.each(of: bytes, lengths: lengths) { piece in
            var position = 0
            while let head = scanner.next(in: piece, from: &position) {
                frames.append(Frame(head: head, endsStream: head.endsStream, body: passed + position))
            }
            try hold(position, is: piece.count, "bytes of a piece that were looked at")
            try hold(scanner.hasFrame, is: !frames.isEmpty, "whether there was a frame")
            passed += piece.count
        }
        return frames
    }

    /// As RFC 9113 has it: 24 bytes of preface, then heads, each with three bytes of length, the kind, the flags, and
    /// four bytes for the stream.
    private static func plainFrames(_ bytes: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var start = 24
        while start + 9 <= bytes.count {
            let length = bytes[start..<start + 3].reduce(0) { $0 * 256 + Int($1) }
            let (kind, flags) = (Int(bytes[start + 3]), bytes[start + 4])
            let head = FrameScanner.Head(kind: kind < kinds.count ? kinds[kind] : nil, flags: flags, length: length)
            frames.append(Frame(head: head, endsStream: kind == 0 && flags % 2 == 1, body: start + 9))
            start += 9 + length
        }
        return frames
    }

    /// In the order of their numbers.
    private static var kinds: [FrameScanner.Kind] {
        [.data, .headers, .priority, .reset, .settings, .push, .ping, .goaway, .window, .continuation]
    }
}

extension Samples {
    fileprivate static var frames: [[UInt8]] {
        let preface = [UInt8]("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        let lists: [[[UInt8]]] = [
            // A call: settings and that they are acknowledged, headers, and data that end it.
            [
                [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100], [0, 0, 0, 4, 1, 0, 0, 0, 0],
                [0, 0, 2, 1, 4, 0, 0, 0, 1, 0x82, 0x84], [0, 0, 3, 0, 1, 0, 0, 0, 1, 7, 7, 7],
            ],
            // A kind that nobody knows, a ping, and a frame that never comes whole.
            [
                [0, 0, 1, 0xFA, 9, 0, 0, 0, 5, 1], [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
                [0xFF, 0xFF, 0xFF, 0, 1, 0, 0, 0, 3, 1, 2, 3],
            ],
            // Windows, a reset, and half a head.
            [
                [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8], [0, 0, 8, 7],
            ],
        ]
        return lists.map { preface + $0.joined() }
    }
}
