import Foundation

/// What a crash or a loss of power left of the one disk on which the nodes live one after the other: what they start from.
///
/// A line of copies, the oldest first. Once a node leads from one of them, those behind it are of a life that never was.
@Simulated
final class Images {
    struct Image {
        let folder: URL
        /// Where the view in it stands, as far as that is known.
        let position: ClosedRange<UInt64>
    }

    private let world: World
    private let folder: URL
    private var line: [Image] = []

    init(_ world: World, folder: URL) {
        self.world = world
        self.folder = folder
    }

    /// Mostly the newest, at times an older one or none at all: the log brings it up to date, or has forgotten what that
    /// would take.
    func choose() -> Image? {
        guard world.mayDamage else { return line.last }
        guard !line.isEmpty, !world.chance.happens(0.05) else { return nil }
        return world.chance.happens(0.2) ? line[world.chance.below(line.count)] : line.last
    }

    /// A node leads from that image; nil: from none.
    func lead(from image: Image?) throws {
        let place = image.flatMap { image in line.firstIndex { $0.folder == image.folder } }
        for other in line.dropFirst(place.map { $0 + 1 } ?? 0) { try FileManager.default.removeItem(at: other.folder) }
        line = Array(line.prefix(place.map { $0 + 1 } ?? 0))
    }

    /// A copy of the files as they are between two writes, unless the disk is damaged or another node has led since.
    ///
    /// - Parameter isPowerCut: without what nobody synced, or a part of it.
    func save(_ node: SimNode, isPowerCut: Bool = false) throws {
        guard node === world.newest, node.condition.isSound, let position = node.viewPosition else { return }
        let name = "image-\(node.folder.lastPathComponent)-\(world.chance.next())"
        let copy = folder.appending(path: name)
        try FileManager.default.copyItem(at: node.folder, to: copy)
        let isCut = try isPowerCut && node.synced.map { try cutShort(copy, after: $0) } ?? false
        let least = isCut ? node.synced?.position ?? 0 : position
        line.append(Image(folder: copy, position: min(least, position)...position))
        guard line.count > 4 else { return }
        try FileManager.default.removeItem(at: line.removeFirst().folder)
    }

    /// Drops some of what was written since the last sync; false when nothing was.
    private func cutShort(_ folder: URL, after synced: SyncedWAL) throws -> Bool {
        let wal = try WALContent(of: folder)
        let least = wal.header == synced.header ? synced.size : 0
        guard wal.end > least else { return false }
        let rest = world.chance.happens(0.3) ? least : least + world.chance.below(wal.end - least)
        world.tell("\(wal.end - rest) bytes that nobody synced are gone")
        try wal.bytes.prefix(rest).write(to: WALContent.path(in: folder))
        return true
    }
}
