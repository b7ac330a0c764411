import Glibc

/// What is said when a run ends the process: which seed it was, and how to see it again.
///
/// A handler of signals may do little more than write what is there already. So the words of each run are left here
/// before it begins.
enum LastWords {
    private static let room = 512
    // Only the thread that runs the seeds writes these, before and after each run, and the handler reads them there.
    nonisolated(unsafe) private static let words = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
    nonisolated(unsafe) private static let length = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    /// Of processor time, for one run: virtual time ends no run in which it does not move. Lives take a second or two.
    private static let limit = 1800
    /// What the signals did before, by their numbers.
    nonisolated(unsafe) private static let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: 64)

    /// From now on a signal by which a fault ends the process, or a run that takes too long, writes the words first, and
    /// then does what it did before.
    static func arm() {
        words.initialize(repeating: 0, count: room)
        length.initialize(to: 0)
        actions.initialize(repeating: sigaction(), count: 64)
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGPROF] {
            sigaction(number, nil, actions + Int(number))
            signal(number) { number in
                write(STDERR_FILENO, LastWords.words, LastWords.length.pointee)
                sigaction(number, LastWords.actions + Int(number), nil)
                // Comes when this has returned, where the fault was.
                raise(number)
            }
        }
    }

    /// The words of the run that begins; none when it is over.
    static func keep(_ text: String) {
        let bytes = text.utf8.prefix(room)
        length.pointee = 0
        for (place, byte) in bytes.enumerated() { words[place] = byte }
        length.pointee = bytes.count
        // Comes as SIGPROF, which ends the process.
        var timer = itimerval()
        timer.it_value.tv_sec = bytes.isEmpty ? 0 : limit
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }
}
