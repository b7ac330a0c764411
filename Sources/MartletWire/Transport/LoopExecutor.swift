package import NIOCore

/// Runs Swift tasks on one event loop, beside the connections that they serve.
///
/// A message then travels from socket to handler to socket without changing threads. And whatever runs here goes
/// on when user code blocks every thread of the global pool: a worker's heartbeat depends on that.
///
/// Nothing that blocks may run here.
package final class LoopExecutor: TaskExecutor, SerialExecutor {
    package let loop: any EventLoop

    package init(_ loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute {
            job.runSynchronously(isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
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
