import MartletView

/// Stands in for one of a view's threads: takes its work in order, now and then late.
@Simulated
final class SimThread {
    private let world: World
    private var last = Duration.zero

    nonisolated init(_ world: World) { self.world = world }

    func post(_ work: @escaping ViewScheduler.Work) {
        let delay =
            world.chance.happens(0.05)
            ? world.chance.between(.milliseconds(1), .milliseconds(200))
            : world.chance.between(.microseconds(10), .microseconds(300))
        last = max(last, world.elapsed + delay)
        after(last - world.elapsed) { work() }
    }
}
