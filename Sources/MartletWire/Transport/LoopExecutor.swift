package import NIOCore
internal import Synchronization

/// Runs Swift tasks on one event loop, beside the connections that they serve.
///
/// A message then travels from socket to handler to socket without changing threads. And whatever runs here goes
/// on when user code blocks every thread of the global pool: a worker's heartbeat depends on that.
///
/// The loop looks at its sockets only when no task is left, and tasks make tasks: one busy peer would keep all others
/// from being read. So after `turn` jobs the sockets come first.
///
/// Nothing that blocks may run here.
package final class LoopExecutor: TaskExecutor, SerialExecutor {
    private struct State {
        var jobs = CircularBuffer<UnownedJob>()
        /// Whether the loop knows that there are jobs.
        var isAwake = false
    }

    /// Well under a millisecond of jobs.
    package static let fairTurn = 64

    package let loop: any EventLoop
    private let state = Mutex(State())
    private let turn: Int

    /// Long enough that the loop finds it is not due yet, and looks at its sockets meanwhile.
    private static let pause = TimeAmount.microseconds(20)

    /// - Parameter turn: Jobs after which sockets come first. By default never: a loop in virtual time must be at rest
    ///   once it has run.
    package init(_ loop: any EventLoop, turn: Int = .max) {
        self.loop = loop
        self.turn = turn
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wakes = state.withLock { state in
            state.jobs.append(job)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        if wakes { loop.execute { self.run() } }
    }

    private func run() {
        var left = turn
        while let job = next() {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            left -= 1
            guard left > 0 else {
                loop.scheduleTask(in: Self.pause) { self.run() }
                return
            }
        }
    }

    /// Nil: there is none, and the next one wakes the loop again.
    private func next() -> UnownedJob? {
        state.withLock { state in
            let job = state.jobs.popFirst()
            state.isAwake = job != nil
            return job
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(complexEquality: self)
    }

    package func isSameExclusiveExecutionContext(other: LoopExecutor) -> Bool {
        loop === other.loop
    }

    package func checkIsolated() {
        loop.preconditionInEventLoop()
    }
}
