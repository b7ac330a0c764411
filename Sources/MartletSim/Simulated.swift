import MartletCore
package import MartletWire
import NIOCore
import NIOEmbedded

/// Where everything of a simulation runs: one thread, one piece after the other, in virtual time.
@globalActor
package actor Simulated {
    package static let shared = Simulated()
    /// Its time moves only when `Simulation` moves it. Made on the thread that first asks, and used on no other.
    static let loop = EmbeddedEventLoop()
    package static let executor = LoopExecutor(loop)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }
}

/// Runs `body` in the simulation, beside whoever called.
@Simulated
func spawn(_ body: @escaping @Simulated @Sendable () async -> Void) {
    _ = Task(executorPreference: Simulated.executor) { await body() }
}

@Simulated
func sleep(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
        after(duration) { continuation.resume() }
    }
}

@Simulated
func after(_ duration: Duration, _ body: @escaping @Simulated @Sendable () -> Void) {
    Simulated.loop.scheduleTask(in: .nanoseconds(max(0, duration.inNanoseconds))) {
        Simulated.assumeHere(body)
    }
}

extension Simulated {
    /// Calls what belongs to the simulation from code that the compiler cannot see to run there: the loop's own.
    nonisolated static func assumeHere<Value: Sendable>(_ body: @Simulated @Sendable () -> Value) -> Value {
        loop.preconditionInEventLoop()
        // The loop is the executor of `Simulated`, and this is the loop's thread.
        return withoutActuallyEscaping(body) { unsafeBitCast($0, to: (@Sendable () -> Value).self)() }
    }
}
