internal import CMartletSystem
internal import Glibc

/// A command that was started: the leader of a process group of its own, and our ends of its three streams.
///
/// It inherits nothing else: no other descriptor, no blocked or ignored signal.
struct ChildProcess: ~Copyable {
    let pid: pid_t
    /// Can be read once the process has ended.
    let ended: Int32
    var input: Int32
    var output: Int32
    var errors: Int32

    /// - Throws: why the command cannot be started.
    static func start(_ command: [String], environment: [String]) throws(SystemError) -> ChildProcess {
        var theirs: [Int32] = []
        var ours: [Int32] = []
        defer { for end in theirs { close(end) } }
        do throws(SystemError) {
            for isInput in [true, false, false] {
                var ends: [Int32] = [-1, -1]
                guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .last }
                theirs.append(isInput ? ends[0] : ends[1])
                ours.append(isInput ? ends[1] : ends[0])
            }
            for end in ours { try makeNonblocking(end) }
            let pid = try spawn(command, environment, streams: theirs)
            let ended = pidfd_open(pid, 0)
            guard ended >= 0 else {
                let error = SystemError.last
                kill(-pid, SIGKILL)
                _ = reap(pid)
                throw error
            }
            return ChildProcess(pid: pid, ended: ended, input: ours[0], output: ours[1], errors: ours[2])
        } catch {
            for end in ours { close(end) }
            throw error
        }
    }

    /// To every process of the group.
    func signal(_ signal: Int32) { kill(-pid, signal) }

    mutating func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Ends whatever the command has left behind, and takes its status. Nothing of it remains.
    ///
    /// - Precondition: the process has ended.
    consuming func finish() -> ChildStatus {
        // Before its id is given back: the group cannot be another's yet.
        kill(-pid, SIGKILL)
        closeStreams()
        close(ended)
        return Self.reap(pid)
    }

    private func closeStreams() {
        for end in [input, output, errors] where end >= 0 { close(end) }
    }

    private static func reap(_ pid: pid_t) -> ChildStatus {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        // As the macros of wait(2) take it apart.
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
    }
}

/// How a process ended.
enum ChildStatus: Equatable, Sendable {
    case exited(Int32)
    case killed(Int32)
}

// Starting.
extension ChildProcess {
    private static func makeNonblocking(_ descriptor: Int32) throws(SystemError) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .last }
    }

    private static func spawn(
        _ command: [String], _ environment: [String], streams: [Int32]
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        try check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        for (target, stream) in streams.enumerated() {
            try check(posix_spawn_file_actions_adddup2(&actions, stream, Int32(target)))
        }
        try check(posix_spawn_file_actions_addclosefrom_np(&actions, 3))
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        try check(posix_spawnattr_setsigmask(&attributes, &none))
        try check(posix_spawnattr_setsigdefault(&attributes, &all))
        try check(posix_spawnattr_setpgroup(&attributes, 0))
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)))
        var pid: pid_t = 0
        let code = CStrings.withArray(of: command) { arguments in
            CStrings.withArray(of: environment) { variables in
                posix_spawnp(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        try check(code)
        return pid
    }

    /// The functions of this family return their error.
    private static func check(_ code: Int32) throws(SystemError) {
        guard code == 0 else { throw SystemError(code: code) }
    }
}

/// Text as C wants it.
enum CStrings {
    /// Lends an array of C strings with a null pointer at its end.
    static func withArray<R>(of strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
