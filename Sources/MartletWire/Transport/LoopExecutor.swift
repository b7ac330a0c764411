package import NIOCore
internal import Synchronization

/// Runs Swift tasks on one event loop, beside the connections that they serve.
///
/// A message then travels from socket to handler to socket without changing threads. And whatever runs here goes
/// on when user code blocks every thread of the global pool: a worker's heartbeat depends on that.
///
/// The loop looks at its sockets only when no task is left, and tasks make tasks: one busy peer would keep all others
/// from being read. So after a few jobs, or one that took long, the rest of them stand in line.
///
/// Nothing that blocks may run here.
package final class LoopExecutor: TaskExecutor, SerialExecutor {
    private struct State {
        var jobs = CircularBuffer<UnownedJob>()
        /// Whether the loop knows that there are jobs.
        var isAwake = false
    }

    /// Mostly well under a millisecond of jobs; `slice` is for those that take longer.
    private static let fairTurn = 64
    private static let slice = TimeAmount.microseconds(300)

    package let loop: any EventLoop
    private let state = Mutex(State())
    private let line: FairLine?

    /// - Parameter line: where jobs wait until the sockets have had their turn. Without it they do not: a loop in virtual
    ///   time must be at rest once it has run.
    package init(_ loop: any EventLoop, line: FairLine? = nil) {
        self.loop = loop
        self.line = line
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
        var left = Self.fairTurn
        let end = NIODeadline.now() + Self.slice
        while let job = next() {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            left -= 1
            if let line, left <= 0 || NIODeadline.now() >= end { return line.goOnLater { self.run() } }
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
