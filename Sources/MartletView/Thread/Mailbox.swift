internal import MartletCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Where a thread finds its work: jobs in order, and one alarm.
///
/// Sendable, although the compiler cannot see it: every property below `mutex` is read and written only while the
/// mutex is held, and nothing handed out refers to them.
final class Mailbox<State>: @unchecked Sendable {
    typealias Job = @Sendable (State) -> Void

    enum Delivery {
        case jobs([Job])
        case alarm
        /// There is nothing left, and nothing will come.
        case end
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    /// In nanoseconds of the monotonic clock.
    private var alarm: UInt64?
    private var isStopping = false
    private var isFinished = false
    private var awaitingEnd: [@Sendable () -> Void] = []

    init() {
        mutex.initialize(to: pthread_mutex_t())
        changed.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// False when the thread is stopping: the job will not run.
    func post(_ job: @escaping Job) -> Bool {
        locked {
            guard !isStopping else { return false }
            jobs.append(job)
            pthread_cond_signal(changed)
            return true
        }
    }

    /// Rings after `delay`, or earlier when it was set to before.
    func setAlarm(after delay: Duration) {
        let time = Self.now &+ UInt64(clamping: max(0, delay.inNanoseconds))
        locked {
            if let alarm, alarm <= time { return }
            alarm = time
            pthread_cond_signal(changed)
        }
    }

    /// What was posted still runs; nothing more is taken.
    func stop() {
        locked {
            isStopping = true
            pthread_cond_signal(changed)
        }
    }

    /// Calls `body` once the thread has ended and its state is gone.
    func whenFinished(_ body: @escaping @Sendable () -> Void) {
        let isOver = locked {
            if !isFinished { awaitingEnd.append(body) }
            return isFinished
        }
        if isOver { body() }
    }

    /// For the thread: waits for work.
    func next() -> Delivery {
        locked {
            while true {
                if !jobs.isEmpty {
                    defer { jobs = [] }
                    return .jobs(jobs)
                }
                if isStopping { return .end }
                guard let alarm else {
                    pthread_cond_wait(changed, mutex)
                    continue
                }
                guard Self.now < alarm else {
                    self.alarm = nil
                    return .alarm
                }
                var time = timespec(tv_sec: Int(alarm / 1_000_000_000), tv_nsec: Int(alarm % 1_000_000_000))
                pthread_cond_timedwait(changed, mutex, &time)
            }
        }
    }

    /// For the thread: says that it has ended.
    func finish() {
        let waiting = locked {
            isFinished = true
            defer { awaitingEnd = [] }
            return awaitingEnd
        }
        for body in waiting { body() }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
