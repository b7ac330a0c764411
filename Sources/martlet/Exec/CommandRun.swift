internal import CMartletSystem
internal import Glibc

/// One run of the command for one job: feeds it, listens to it, and ends it when told to.
///
/// Blocks the thread that it runs on; every run has a thread of its own, beside the process that it has anyway.
struct CommandRun {
    struct Outcome: Equatable, Sendable {
        var status: ChildStatus
        var output: [UInt8]
        /// The last of what it wrote to standard error.
        var errors: [UInt8]
        /// It wrote more than it may, and was killed for it.
        var isTooLarge = false
        /// It took longer than it may, and was ended for it.
        var isLate = false
    }

    static let outputLimit = 1 << 20
    static let errorLimit = 2048
    /// How long a command may take to end after it was asked to.
    static let patience = Duration.seconds(5)

    private let input: [UInt8]
    private let stop: StopSwitch
    private let deadline: ContinuousClock.Instant?
    private var fed = 0
    private var outcome = Outcome(status: .exited(0), output: [], errors: [])
    private var killTime: ContinuousClock.Instant?
    private var isKilled = false

    /// - Parameter limit: how long it may take, from now on.
    init(input: [UInt8], stop: StopSwitch, limit: Duration?) {
        self.input = input
        self.stop = stop
        deadline = limit.map { .now + $0 }
    }

    /// Returns once the command has ended, and nothing of its process group is left.
    ///
    /// - Parameter beforeEnd: called before the group's id is given back.
    mutating func run(_ started: consuming ChildProcess, beforeEnd: () -> Void) -> Outcome {
        var child = started
        if input.isEmpty { child.closeInput() }
        var hasEnded = false
        while !hasEnded {
            var watched = [
                pollfd(fd: child.ended, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.input, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: killTime == nil ? stop.descriptor : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&watched, nfds_t(watched.count), timeout) >= 0 else { continue }
            hasEnded = watched[0].revents != 0
            // What it wrote before it ended is still to be read.
            if hasEnded || watched[1].revents != 0 { take(Self.read(&child.output)) }
            if hasEnded || watched[2].revents != 0 { takeError(Self.read(&child.errors)) }
            if watched[3].revents != 0 { feed(&child) }
            if !hasEnded { end(child, isStopped: watched[4].revents != 0) }
        }
        beforeEnd()
        outcome.status = child.finish()
        return outcome
    }

    /// Asks the command to end, or ends it, if it is time.
    private mutating func end(_ child: borrowing ChildProcess, isStopped: Bool) {
        let isLate = deadline.map { $0 <= .now } ?? false
        if isStopped || isLate, killTime == nil {
            outcome.isLate = isLate
            child.signal(SIGTERM)
            killTime = .now + Self.patience
        }
        let isDue = killTime.map { $0 <= .now } ?? false
        if outcome.isTooLarge || isDue, !isKilled {
            child.signal(SIGKILL)
            isKilled = true
        }
    }

    /// Milliseconds until there is something to do without being told.
    private var timeout: Int32 {
        guard !isKilled, let next = killTime ?? deadline else { return -1 }
        return Int32(clamping: max(0, Int64((next - .now) / .milliseconds(1)) + 1))
    }
}

// The three streams.
extension CommandRun {
    private mutating func feed(_ child: inout ChildProcess) {
        let count = input[fed...].withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
        if count > 0 { fed += count }
        // A command that does not read to the end has no need of the rest.
        if fed == input.count || count < 0 && errno != EAGAIN && errno != EINTR { child.closeInput() }
    }

    private mutating func take(_ bytes: [UInt8]) {
        outcome.isTooLarge = outcome.isTooLarge || outcome.output.count + bytes.count > Self.outputLimit
        if !outcome.isTooLarge { outcome.output += bytes }
    }

    private mutating func takeError(_ bytes: [UInt8]) {
        outcome.errors = Array((outcome.errors + bytes).suffix(Self.errorLimit))
    }

    /// What there is now, at most 1 MiB; closes the stream at its end.
    private static func read(_ descriptor: inout Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while descriptor >= 0, bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EAGAIN && errno != EINTR {
                close(descriptor)
                descriptor = -1
            } else if errno == EAGAIN {
                break
            }
        }
        return bytes
    }
}
