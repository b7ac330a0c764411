import Foundation
import MartletLog

/// What a node starts from, and whether it may lead.
struct Start: Sendable {
    let view: ViewStand
    /// What its disk has done to its view, in words. Whether that shows is known to nobody before.
    private(set) var viewDamage: String?
    private(set) var logDamage: LogDamage?
    /// Why it must refuse to lead, in words; nil when it need not.
    private(set) var obstacle: String?
    /// Whether it may refuse.
    private(set) var isDoubtful = false

    /// Whether its disk is in order.
    var isSound: Bool { viewDamage == nil && logDamage == nil }
}

extension Start {
    /// Draws what a node's disk has done to it, if anything, and does it to its copy of a view.
    @Simulated
    init(_ view: ViewStand, at folder: URL, _ world: World) async throws {
        self.view = view
        let ends = [view.position.lowerBound, view.position.upperBound]
        isDoubtful = await world.hasForgotten(after: ends[0])
        if await world.hasForgotten(after: ends[1]) { obstacle = "the log has forgotten what its view does not know" }
        guard world.mayDamage else { return }
        switch world.chance.below(20) {
        case 0...1: viewDamage = try Self.damageView(at: folder, world)
        case 2...4: logDamage = world.drawDamage()
        default: break
        }
        let shown = ends.filter { logDamage?.shows(from: $0) ?? false }
        if let logDamage, shown == ends { obstacle = "its log is damaged: \(logDamage)" }
        isDoubtful = isDoubtful || viewDamage != nil || !shown.isEmpty
    }

    /// Flips a bit, or empties a sector that was never written. Nil without a file.
    @Simulated
    private static func damageView(at folder: URL, _ world: World) throws -> String? {
        let name = world.chance.pick(["view.db", "view.db-wal"])
        let path = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: path.path()) else { return nil }
        var content = try Data(contentsOf: path)
        guard !content.isEmpty else { return nil }
        let place = world.chance.below(content.count)
        if world.chance.happens(0.5) {
            content[place] ^= 1 << UInt8(world.chance.below(8))
            try content.write(to: path)
            return "a bit of \(name) is flipped"
        }
        let sector = place / 512 * 512
        content.resetBytes(in: sector..<min(sector + 512, content.count))
        try content.write(to: path)
        return "a sector of \(name) was never written"
    }
}

extension World {
    /// Whether what begins now may begin on a disk that is not in order: it is over before the storm is.
    var mayDamage: Bool { elapsed < options.storm - .seconds(2) }

    /// The last entries are damaged most often: they were written last.
    fileprivate func drawDamage() -> LogDamage? {
        guard let last = written.last?.header.position else { return nil }
        let position = last - UInt64(chance.below(min(Int(last), 40)))
        return chance.happens(0.5) ? .flipped(position) : .shortened(to: position - 1)
    }

    /// Whether the log no longer has the entry after that position, and once had it.
    func hasForgotten(after position: UInt64) async -> Bool {
        do throws(LogError) {
            _ = try await truth.read(from: position + 1, bytes: 0)
            return false
        } catch {
            return true
        }
    }
}
