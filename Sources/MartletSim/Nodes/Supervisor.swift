import Foundation
import MartletCore
import MartletNode

/// Keeps a node running, and ends nodes in the ways in which they end: by a crash, by being replaced while they still
/// believe that they lead, by themselves. Each starts on a view of its own, copied from one that was.
@Simulated
final class Supervisor {
    private let world: World
    private let folder: URL
    private let images: Images
    private var count = 0

    init(_ world: World, folder: URL) {
        self.world = world
        self.folder = folder
        images = Images(world, folder: folder)
    }

    func run() async throws {
        while !world.isOver {
            try await replaceEnded()
            let next = world.isStormy ? world.chance.between(.seconds(2), .seconds(25)) : .seconds(1)
            var due = world.elapsed + next
            // What goes wrong because of a damaged disk is over with the storm.
            if world.nodes.last?.condition.isSound == false { due = min(due, world.options.storm - .seconds(1)) }
            while world.elapsed < due, world.nodes.last?.isOver == false { await sleep(.milliseconds(50)) }
            guard let node = world.nodes.last, !node.isOver, world.isStormy || !node.condition.isSound else { continue }
            guard try await end(node) else { continue }
            try await start()
        }
        for node in world.nodes { await node.crash() }
    }

    /// Returns whether another node is to be started.
    private func end(_ node: SimNode) async throws -> Bool {
        if !node.condition.isSound {
            await node.crash()
            return true
        }
        // What goes by itself is over with the storm at the latest.
        let rest = world.options.storm - world.elapsed
        switch world.chance.below(9) {
        case 0:
            node.stop(for: min(rest, world.chance.between(.seconds(1), .seconds(40))))
            return false
        case 1:
            world.disk.fill(for: min(rest, world.chance.between(.seconds(1), .seconds(20))))
            return false
        case 2:
            // It ends by itself.
            await node.failView()
            return false
        case 3...4:
            try await images.save(node)
            world.tell("\(node.name) goes on, and is replaced")
        case 5:
            await node.drain()
            await node.closeView()
            try await images.save(node)
            await node.crash()
        case 6:
            world.tell("\(node.name) loses power")
            try await images.save(node, isPowerCut: true)
            await node.crash()
        default:
            try await images.save(node)
            await node.crash()
        }
        return true
    }

    private func replaceEnded() async throws {
        for node in world.nodes where node.isOver {
            try await images.save(node)
            await node.crash()
            // Whoever starts processes lets one that ended rest: else a node that cannot serve is started for ever.
            await sleep(.milliseconds(500))
        }
        if world.nodes.isEmpty { try await start() }
    }

    private func start() async throws {
        count += 1
        let here = folder.appending(path: "\(count)")
        let image = images.choose()
        if let image {
            try FileManager.default.copyItem(at: image.folder, to: here)
        } else {
            try FileManager.default.createDirectory(at: here, withIntermediateDirectories: true)
        }
        let condition = try await Condition(image?.position ?? 0, at: here, world)
        let node = SimNode(world, name: "node \(count)", folder: here, on: condition)
        node.whenLeading = { [images, world] in
            do {
                try images.lead(from: image)
            } catch {
                world.accuse("what never was cannot be removed: \(error)")
            }
        }
        world.add(node)
        await node.begin()
        let patience = world.elapsed + .seconds(30)
        // Whoever cannot start is not started at once again.
        if node.isOver { await sleep(.seconds(1)) }
        while node.serving == nil, !node.isOver, world.elapsed < patience { await sleep(.milliseconds(20)) }
    }
}
