import Foundation

/// Where a view stands in the log.
struct ViewStand: Sendable {
    /// As far as that is known.
    let position: ClosedRange<UInt64>
    /// Where its file alone stands, without the write-ahead log.
    let durable: UInt64

    static let new = ViewStand(position: 0...0, durable: 0)
}

/// What was kept of views, each as a crash or a loss of power left it: what nodes start from.
@Simulated
final class Images {
    struct Image {
        let folder: URL
        let stand: ViewStand
    }

    private let world: World
    private let folder: URL
    /// The newest last.
    private var images: [Image] = []

    init(_ world: World, folder: URL) {
        self.world = world
        self.folder = folder
    }

    /// Mostly the newest, at times an older one or none at all: the log brings it up to date, or has forgotten what that
    /// would take.
    func choose() -> Image? {
        guard world.mayDamage else { return images.last }
        guard !images.isEmpty, !world.chance.happens(0.05) else { return nil }
        return world.chance.happens(0.2) ? images[world.chance.below(images.count)] : images.last
    }

    /// A copy of the files as they are between two writes.
    ///
    /// - Parameter isPowerCut: without what nobody synced, or a part of it.
    func save(_ node: SimNode, isPowerCut: Bool = false) throws {
        guard let written = node.viewPosition else { return }
        let (durable, isCut) = (node.durable, isPowerCut && node.hasUnsynced)
        let name = "image-\(node.folder.lastPathComponent)-\(world.chance.next())"
        let stand = ViewStand(position: (isCut ? durable : written)...written, durable: durable)
        let image = Image(folder: folder.appending(path: name), stand: stand)
        try FileManager.default.copyItem(at: node.folder, to: image.folder)
        if isCut { try cutShort(image.folder.appending(path: "view.db-wal")) }
        let least = stand.position.lowerBound
        let place = images.firstIndex { $0.stand.position.lowerBound > least } ?? images.endIndex
        images.insert(image, at: place)
        guard images.count > 4 else { return }
        try FileManager.default.removeItem(at: images.removeFirst().folder)
    }

    private func cutShort(_ path: URL) throws {
        guard FileManager.default.fileExists(atPath: path.path()) else { return }
        let content = try Data(contentsOf: path)
        let rest = world.chance.happens(0.3) ? 0 : world.chance.below(content.count + 1)
        try content.prefix(rest).write(to: path)
    }
}
