/// Bytes as a socket gives them: cut anywhere.
enum Pieces {
    /// Hands `bytes` on in pieces of these lengths, taken in turn; some may be empty. Without a length: in one piece.
    ///
    /// Each piece has memory of its own, where Address Sanitizer sees a step past its end.
    static func each(of bytes: [UInt8], lengths: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let isCut = lengths.contains { $0 > 0 }
        var (position, turn) = (0, 0)
        while position < bytes.count {
            let left = bytes.count - position
            let length = isCut ? min(Int(lengths[turn % lengths.count]), left) : left
            try [UInt8](bytes[position..<position + length]).withUnsafeBytes(body)
            position += length
            turn += 1
        }
    }
}

extension Samples {
    /// Lengths of pieces as `Supply.some` draws them: how many there are, then each.
    static let cuts: [[UInt8]] = [[0], [1, 1], [2, 9, 0], [3, 24, 5, 4]]
}
