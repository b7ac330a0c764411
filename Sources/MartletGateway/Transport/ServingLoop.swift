package import MartletWire
internal import NIOCore
package import NIOPosix

/// The one loop that a server lives on: its thread, the line of what waits for the sockets, and its tasks.
package struct ServingLoop: Sendable {
    package let group: MultiThreadedEventLoopGroup
    package let executor: LoopExecutor
    let line: FairLine

    package init() {
        let meter = Meter()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1, metricsDelegate: meter)
        line = FairLine(group.next(), ticks: meter.ticks)
        executor = LoopExecutor(group.next(), line: line)
    }

    private struct Meter: NIOEventLoopMetricsDelegate {
        let ticks = TickCounter()

        func processedTick(info: NIOEventLoopTickInfo) { ticks.tick() }
    }
}
