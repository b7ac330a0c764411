import Foundation
import MartletLog

/// In what condition a node finds its disk, and whether it may lead from that.
struct Condition: Sendable {
    /// Where its view stands.
    let position: UInt64
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

extension Condition {
    /// Draws what a node's disk has done to it, if anything, and does it to its copy of a view.
    @Simulated
    init(_ position: UInt64, at folder: URL, _ world: World) async throws {
        self.position = position
        if await world.hasForgotten(after: position) {
            (isDoubtful, obstacle) = (true, "the log has forgotten what its view does not know")
        }
        guard world.mayDamage, obstacle == nil else { return }
        switch world.chance.below(20) {
        case 0...1: viewDamage = try Self.damageView(at: folder, world)
        case 2...4: logDamage = world.drawDamage(beside: position)
        default: break
        }
        isDoubtful = isDoubtful || !isSound
        guard let logDamage else { return }
        if logDamage.shows(from: position) { obstacle = "its log is damaged: \(logDamage)" }
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

    /// Damage that shows to a node whose view stands there: of what it reads, or of what it knows.
    fileprivate func drawDamage(beside position: UInt64) -> LogDamage? {
        guard let last = written.last?.header.position else { return nil }
        if position < last, chance.happens(0.7) { return .flipped(last - UInt64(chance.below(Int(last - position)))) }
        // No further back than what the log surely has.
        return position > 1 ? .shortened(to: position - 1 - UInt64(chance.below(min(Int(position) - 1, 3)))) : nil
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
