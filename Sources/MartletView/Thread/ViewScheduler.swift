/// In place of threads: runs the view's work piece by piece, each in its own time, as a simulator wants it.
///
/// What it is given must run one piece after the other, never two at once.
package struct ViewScheduler: Sendable {
    package typealias Work = @Sendable () -> Void

    package typealias Line = @Sendable (@escaping Work) -> Void
    /// A new line, one for each thread that there would be: what is posted to it runs soon, in the order of posting.
    package var line: @Sendable () -> Line
    package var schedule: @Sendable (Duration, @escaping Work) -> Void

    package init(
        line: @escaping @Sendable () -> Line, schedule: @escaping @Sendable (Duration, @escaping Work) -> Void
    ) {
        self.line = line
        self.schedule = schedule
    }
}

/// What stands in for a `WorkerThread`'s own thread.
///
/// Sendable, although the compiler cannot see it: everything below is touched only by what the scheduler runs, which is
/// one piece after the other, and by callers that the scheduler runs too.
final class ScheduledWorker<State>: @unchecked Sendable {
    private let scheduler: ViewScheduler
    private let line: ViewScheduler.Line
    private let alarm: (State) -> Void
    private var state: State?
    private var isStopping = false

    init(_ state: sending State, alarm: @escaping @Sendable (State) -> Void, on scheduler: ViewScheduler) {
        self.state = state
        self.alarm = alarm
        self.scheduler = scheduler
        line = scheduler.line()
    }

    func post(_ job: @escaping @Sendable (State) -> Void) -> Bool {
        guard !isStopping else { return false }
        line { [self] in if let state { job(state) } }
        return true
    }

    func setAlarm(after delay: Duration) {
        scheduler.schedule(delay) { [self] in if let state { alarm(state) } }
    }

    func stop(_ stopped: @escaping @Sendable () -> Void) {
        isStopping = true
        line { [self] in
            state = nil
            stopped()
        }
    }
}
