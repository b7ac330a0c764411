internal import NIOCore

/// A body as it arrives, in blocks: what grows is never moved, which for megabytes would keep the loop from others.
struct BodyBytes: Sendable {
    /// One that fits into a block is one piece from the start.
    static let block = 64 << 10

    private(set) var count = 0
    private var blocks: [[UInt8]] = []

    /// - Parameter announced: how much will come, if that was said. What is announced is believed for one block.
    init(announced: Int?) {
        guard let announced, announced > 0 else { return }
        addBlock(min(announced, Self.block))
    }

    mutating func append(_ bytes: ByteBufferView) {
        count += bytes.count
        var rest = bytes
        while !rest.isEmpty {
            if blocks.last.map({ $0.count >= Self.block }) ?? true { addBlock(Self.block) }
            let last = blocks.count - 1
            let room = Self.block - blocks[last].count
            blocks[last].append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
    }

    private mutating func addBlock(_ capacity: Int) {
        var block: [UInt8] = []
        block.reserveCapacity(capacity)
        blocks.append(block)
    }

    /// All of it; a copy if there is more than one block.
    func joined() -> [UInt8] {
        if blocks.count == 1 { return blocks[0] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for block in blocks { bytes += block }
        return bytes
    }
}
