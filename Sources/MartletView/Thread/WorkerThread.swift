#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread with a state that only it touches: how a blocking SQLite connection is kept off the cooperative threads
/// and used by one caller at a time.
///
/// Ends when it is stopped, or with the last reference to it; the state is released on the thread.
final class WorkerThread<State>: Sendable {
    private let mailbox = Mailbox<State>()
    private let scheduled: ScheduledWorker<State>?

    /// - Parameters:
    ///   - alarm: Runs on the thread when the alarm rings.
    ///   - scheduler: Stands in for the thread.
    init(
        _ state: sending State, on scheduler: ViewScheduler?,
        alarm: @escaping @Sendable (State) -> Void = { _ in }
    ) {
        if let scheduler {
            scheduled = ScheduledWorker(state, alarm: alarm, on: scheduler)
            return
        }
        scheduled = nil
        let mailbox = mailbox
        var held: State? = state
        let start = ThreadStart {
            // Moved out, so that the state ends with `run` and before `finish`.
            Self.run(&held, mailbox, alarm)
            mailbox.finish()
        }
        let argument = Unmanaged.passRetained(start).toOpaque()
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, argument)
        precondition(code == 0, "no thread for the view: error \(code)")
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
    }

    deinit { mailbox.stop() }

    /// Runs `job` on the thread, after those posted before. False when it will not run: the thread was stopped.
    func post(_ job: @escaping @Sendable (State) -> Void) -> Bool { scheduled?.post(job) ?? mailbox.post(job) }

    /// Rings the alarm after `delay`, unless it is set to an earlier time.
    func setAlarm(after delay: Duration) {
        if let scheduled { scheduled.setAlarm(after: delay) } else { mailbox.setAlarm(after: delay) }
    }

    /// Returns once all that was posted has run and the state is released.
    func stop() async {
        await withCheckedContinuation { continuation in
            if let scheduled { return scheduled.stop { continuation.resume() } }
            mailbox.stop()
            mailbox.whenFinished { continuation.resume() }
        }
    }

    private static func run(_ held: inout State?, _ mailbox: Mailbox<State>, _ alarm: (State) -> Void) {
        while let state = held {
            switch mailbox.next() {
            case .jobs(let jobs): for job in jobs { job(state) }
            case .alarm: alarm(state)
            case .end: held = nil
            }
        }
    }
}

private final class ThreadStart {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}
