import MartletView

/// Stands in for one of a view's threads: takes its work in order, now and then late, and stops with its process.
@Simulated
final class SimThread {
    private let world: World
    private let loop: SimLoop
    private var last = Duration.zero

    nonisolated init(_ world: World, _ loop: SimLoop) {
        self.world = world
        self.loop = loop
    }

    func post(_ work: @escaping ViewScheduler.Work) {
        let delay =
            world.chance.happens(0.05)
            ? world.chance.between(.milliseconds(1), .milliseconds(200))
            : world.chance.between(.microseconds(10), .microseconds(300))
        last = max(last, world.elapsed + delay)
        loop.after(last - world.elapsed, work)
    }
}
