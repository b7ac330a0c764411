import MartletCore
import MartletLog

/// The disk that all nodes of a run write to: full for a while, with a reserve that a node may give up.
final class SimDisk: ReservedSpace {
    /// It has the disk.
    private unowned let world: World
    /// Nothing more fits until then.
    @Simulated private var fullUntil = Duration.zero
    @Simulated private var isReserved = true
    /// Entries that fit into what the reserve gave back.
    @Simulated private var room = 0

    @Simulated
    init(_ world: World) { self.world = world }

    @Simulated
    func fill(for time: Duration) {
        world.tell("the disk is full")
        fullUntil = world.elapsed + time
    }

    /// Whether it has had room for so long that nobody may refuse anything for want of it.
    @Simulated
    var isLongFree: Bool { !world.isStormy && world.elapsed >= world.calmSince + .seconds(10) }

    /// Whether an entry fits.
    @Simulated
    func takes() -> Bool {
        if world.elapsed >= fullUntil { return true }
        guard room > 0 else { return false }
        room -= 1
        return true
    }

    @Simulated
    func releaseReserve() async -> Bool {
        guard isReserved else { return false }
        isReserved = false
        room = 50
        return true
    }

    @Simulated
    func restoreReserve() async -> Bool {
        if world.elapsed >= fullUntil { isReserved = true }
        return isReserved
    }
}
