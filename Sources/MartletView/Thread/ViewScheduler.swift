/// In place of threads: runs the view's work piece by piece, each in its own time, as a simulator wants it.
///
/// What it is given must run one piece after the other, never two at once.
package struct ViewScheduler: Sendable {
    package typealias Work = @Sendable () -> Void

    /// Runs it soon, after what was posted before by the same caller.
    package var post: @Sendable (@escaping Work) -> Void
    package var schedule: @Sendable (Duration, @escaping Work) -> Void

    package init(
        post: @escaping @Sendable (@escaping Work) -> Void,
        schedule: @escaping @Sendable (Duration, @escaping Work) -> Void
    ) {
        self.post = post
        self.schedule = schedule
    }
}

/// What stands in for a `WorkerThread`'s own thread.
///
/// Sendable, although the compiler cannot see it: everything below is touched only by what the scheduler runs, which is
/// one piece after the other, and by callers that the scheduler runs too.
final class ScheduledWorker<State>: @unchecked Sendable {
    private let scheduler: ViewScheduler
    private let alarm: (State) -> Void
    private var state: State?
    private var isStopping = false

    init(_ state: sending State, alarm: @escaping @Sendable (State) -> Void, on scheduler: ViewScheduler) {
        self.state = state
        self.alarm = alarm
        self.scheduler = scheduler
    }

    func post(_ job: @escaping @Sendable (State) -> Void) -> Bool {
        guard !isStopping else { return false }
        scheduler.post { [self] in if let state { job(state) } }
        return true
    }

    func setAlarm(after delay: Duration) {
        scheduler.schedule(delay) { [self] in if let state { alarm(state) } }
    }

    func stop(_ stopped: @escaping @Sendable () -> Void) {
        isStopping = true
        scheduler.post { [self] in
            state = nil
            stopped()
        }
    }
}
