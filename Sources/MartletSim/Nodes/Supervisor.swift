import Foundation
import MartletCore
import MartletNode

/// Keeps a node running, and ends nodes in the ways in which they end: by a crash, by being replaced while they still
/// believe that they lead, by themselves. Each starts on a view of its own, copied from one that was.
@Simulated
final class Supervisor {
    private let world: World
    private let folder: URL
    private var count = 0
    /// Folders with a view that a node can start from, the oldest first.
    private var images: [URL] = []

    init(_ world: World, folder: URL) {
        self.world = world
        self.folder = folder
    }

    func run() async throws {
        while !world.isOver {
            try await replaceEnded()
            let next = world.isStormy ? world.chance.between(.seconds(2), .seconds(25)) : .seconds(1)
            let due = world.elapsed + next
            while world.elapsed < due, world.nodes.last?.isOver == false { await sleep(.milliseconds(50)) }
            guard world.isStormy, let node = world.nodes.last, !node.isOver else { continue }
            guard try await end(node) else { continue }
            try await start()
        }
        for node in world.nodes { await node.crash() }
    }

    /// Returns whether another node is to be started.
    private func end(_ node: SimNode) async throws -> Bool {
        // What goes by itself is over with the storm at the latest.
        let rest = world.options.storm - world.elapsed
        switch world.chance.below(8) {
        case 0:
            node.stop(for: min(rest, world.chance.between(.seconds(1), .seconds(40))))
            return false
        case 1:
            world.disk.fill(for: min(rest, world.chance.between(.seconds(1), .seconds(20))))
            return false
        case 2...3:
            try saveImage(of: node)
            world.tell("node \(count) goes on, and is replaced")
        case 4:
            await node.drain()
            try saveImage(of: node)
            await node.crash()
        default:
            try saveImage(of: node)
            await node.crash()
        }
        return true
    }

    private func replaceEnded() async throws {
        for node in world.nodes where node.isOver {
            try saveImage(of: node)
            await node.crash()
            // Whoever starts processes lets one that ended rest: else a node that cannot serve is started for ever.
            await sleep(.milliseconds(500))
        }
        if world.nodes.isEmpty { try await start() }
    }

    private func start() async throws {
        count += 1
        let here = folder.appending(path: "\(count)")
        let image = chooseImage()
        if let image {
            try FileManager.default.copyItem(at: image, to: here)
        } else {
            try FileManager.default.createDirectory(at: here, withIntermediateDirectories: true)
        }
        let node = SimNode(world, name: "node \(count)", folder: here)
        world.add(node)
        await node.start()
        let patience = world.elapsed + .seconds(30)
        // Whoever cannot start is not started at once again.
        if node.isOver { await sleep(.seconds(1)) }
        while node.serving == nil, !node.isOver, world.elapsed < patience { await sleep(.milliseconds(20)) }
    }

    /// Mostly the latest, at times an older one or none at all: the log brings it up to date.
    private func chooseImage() -> URL? {
        guard !images.isEmpty, !world.chance.happens(0.05) else { return nil }
        return world.chance.happens(0.2) ? images[world.chance.below(images.count)] : images.last
    }

    /// A copy of the files as they are between two writes: what a crash now would leave.
    private func saveImage(of node: SimNode) throws {
        let source = node.folder
        let image = folder.appending(path: "image-\(source.lastPathComponent)-\(world.chance.next())")
        try FileManager.default.copyItem(at: source, to: image)
        images.append(image)
        guard images.count > 4 else { return }
        try FileManager.default.removeItem(at: images.removeFirst())
    }
}
