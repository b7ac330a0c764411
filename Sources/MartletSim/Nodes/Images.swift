import Foundation
import MartletView

/// What a crash or a loss of power left of the one disk on which the nodes live one after the other: what they start from.
///
/// A line of copies, the oldest first. Once a node leads from one of them, those behind it are of a life that never was.
@Simulated
final class Images {
    struct Image {
        let folder: URL
        /// Where the view in it stands.
        let position: UInt64
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
    func save(_ node: SimNode, isPowerCut: Bool = false) async throws {
        guard node === world.newest, node.condition.isSound, var position = node.viewPosition else { return }
        let name = "image-\(node.folder.lastPathComponent)-\(world.chance.next())"
        let copy = folder.appending(path: name)
        try FileManager.default.copyItem(at: node.folder, to: copy)
        if isPowerCut, try cutShort(copy, of: node) {
            position = try View.position(at: copy.appending(path: "view.db").path)
            if await world.hasForgotten(after: position) {
                world.accuse("\(node.name)'s log has forgotten what a loss of power takes from its view")
            }
        }
        line.append(Image(folder: copy, position: position))
        guard line.count > 4 else { return }
        try FileManager.default.removeItem(at: line.removeFirst().folder)
    }

    /// Drops some of what was written since the last sync; false when nothing was.
    private func cutShort(_ folder: URL, of node: SimNode) throws -> Bool {
        let wal = try WALContent(of: folder)
        guard let opened = node.opened, let least = wal.synced(since: opened), wal.end > least else { return false }
        let rest = world.chance.happens(0.3) ? least : least + world.chance.below(wal.end - least)
        world.tell("\(wal.end - rest) bytes that nobody synced are gone")
        try wal.bytes.prefix(rest).write(to: WALContent.path(in: folder))
        return true
    }
}
