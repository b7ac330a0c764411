internal import Glibc

/// CLOCK_MONOTONIC in nanoseconds: the same clock in every process of a machine.
public func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Blocks the thread until CLOCK_MONOTONIC shows `nanoseconds`.
public func sleepUntil(monotonicNanoseconds nanoseconds: UInt64) {
    var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
}

/// Blocks the thread, looking every `interval`, until `isTrue`; false when the time is over.
public func waitUntil(
    within limit: Duration, every interval: Duration = .milliseconds(2), _ isTrue: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try isTrue() { return true }
        guard ContinuousClock.now < deadline else { return false }
        usleep(UInt32(interval / .microseconds(1)))
    }
}
