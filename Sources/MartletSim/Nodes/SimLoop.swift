import Dispatch
import MartletCore
import NIOCore
import NIOEmbedded

/// The loop of one process: the simulation's, but nothing of the process runs while it is stopped. What falls due
/// meanwhile waits, and runs once the process goes on, in the order in which it fell due.
///
/// Sendable, although the compiler cannot see it: all of it is read and written on the one thread of the simulation.
final class SimLoop: EventLoop, @unchecked Sendable {
    private let base: EmbeddedEventLoop
    private var isStopped = false
    private var stoppedUntil = NIODeadline.distantPast
    /// What fell due while the process was stopped; with a number, by which it can be cancelled, if it is a timer.
    private var waiting: [(number: UInt64?, work: () -> Void)] = []
    private var timerCount: UInt64 = 0

    init(_ base: EmbeddedEventLoop) { self.base = base }

    /// Nothing runs for so long; at the latest end of all stops it goes on.
    func stop(for time: Duration) {
        let end = now + Self.amount(time)
        isStopped = true
        stoppedUntil = max(stoppedUntil, end)
        base.scheduleTask(deadline: end) { self.runWaiting() }
    }

    /// Ends a stop now.
    func goOn() {
        stoppedUntil = now
        base.execute { self.runWaiting() }
    }

    private func runWaiting() {
        guard isStopped, now >= stoppedUntil else { return }
        isStopped = false
        // One by one: what runs may cancel what comes after it.
        while !waiting.isEmpty { waiting.removeFirst().work() }
    }

    private func run(_ number: UInt64?, _ work: @escaping () -> Void) {
        guard isStopped else { return work() }
        waiting.append((number, work))
    }

    func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
        scheduleTask(deadline: now + Self.amount(delay), body)
    }

    @Simulated
    func sleep(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            after(duration) { continuation.resume() }
        }
    }

    private static func amount(_ duration: Duration) -> TimeAmount { .nanoseconds(max(0, duration.inNanoseconds)) }
}

// What an event loop must do.
extension SimLoop {
    var inEventLoop: Bool { base.inEventLoop }

    var now: NIODeadline { base.now }

    func execute(_ task: @escaping @Sendable () -> Void) {
        base.execute { self.run(nil, task) }
    }

    @discardableResult
    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        timerCount += 1
        let number = timerCount
        let timer = base.scheduleTask(deadline: deadline) {
            self.run(number) {
                do {
                    promise.assumeIsolated().succeed(try task())
                } catch {
                    promise.fail(error)
                }
            }
        }
        return Scheduled(promise: promise) {
            timer.cancel()
            self.waiting.removeAll { $0.number == number }
        }
    }

    @discardableResult
    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    /// The loop is the simulation's, and ends with it.
    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(EventLoopError.unsupportedOperation) }
    }
}
