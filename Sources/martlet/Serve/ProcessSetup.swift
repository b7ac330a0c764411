internal import CMartletSystem
internal import Glibc
internal import Logging

/// What a server asks of the system before anything else.
enum ProcessSetup {
    /// As many open files as the system lets this process have: each connection is one.
    static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // Without it the old limit holds, and connections above it are refused as such.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Batches are large and short-lived: what they free stays for the next ones, and few threads share it.
    static func tuneMemory() { martlet_tune_memory() }

    /// What bursts left free goes back to the system.
    static func returnMemory() { martlet_return_memory() }

    /// Files are for their owner alone, whoever makes them.
    static func keepFilesPrivate() { umask(0o077) }

    static func startLogging(_ settings: ServeSettings) {
        let format = settings.logFormat ?? (isatty(STDERR_FILENO) == 1 ? .human : .json)
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in
            switch format {
            case .json:
                var handler = JSONLogHandler(label: label)
                handler.logLevel = level
                return handler
            case .human:
                var handler = HumanLogHandler()
                handler.logLevel = level
                return handler
            }
        }
    }
}
