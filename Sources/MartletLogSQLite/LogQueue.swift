internal import Dispatch

/// Runs an actor's work on a serial queue with a thread of its own, where it may block.
///
/// A sync takes milliseconds on a slow disk; on Swift's cooperative pool, with one thread for each core, it would
/// stop everything else. (`DispatchSerialQueue`, which is an executor itself, does not exist on Linux.)
final class LogQueue: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// Runs `body` on the queue: for what comes before there is an actor.
    func run<Value>(_ body: @escaping @Sendable () -> sending Value) async -> sending Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
