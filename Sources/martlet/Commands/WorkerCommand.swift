internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Martlet
internal import ServiceLifecycle
internal import UnixSignals

/// `martlet worker`.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run a command for each job.",
        discussion: """
            Takes jobs of any kind from the queues and runs the command for each, without a shell in between.

            The command gets the payload on standard input, and in its environment MARTLET_JOB_ID, MARTLET_ATTEMPT, \
            MARTLET_KIND, MARTLET_QUEUE, and if there is one MARTLET_TRACEPARENT and MARTLET_TIMEOUT (seconds). What it \
            writes to standard output is the result, at most 1 MiB.

            Exit status 0 of the command: the job succeeded. 65 (EX_DATAERR): the job is dead, trying again will not \
            help. Any other, or a signal: the attempt failed and the job is tried again by its retry policy. The last \
            2 KiB of standard error are the failure's message.

            Each command runs in a process group of its own. When its time is over, or its job is cancelled, the group \
            gets SIGTERM, and after 5 s SIGKILL; what a command leaves running when it ends is killed. If the worker \
            itself is killed a second process, its guard, kills the commands.

            SIGTERM or SIGINT: takes nothing new, waits for running commands up to --drain-timeout, ends those that are \
            left and gives their jobs back. A second one ends at once.

            Examples:
              martlet worker --queue images --concurrency 4 --exec ./resize.sh --width 800
              martlet worker --queue mail --queue sms --timeout 90s -- python3 send.py

            Exit status: 0 ended as asked; 64 wrong usage; 65 the server will not have this worker; 66 there is no such \
            command; 69 the server cannot be reached; 130 or 143 ended at once by a second signal.
            """)

    @Option(help: "A queue to take jobs from; may be given up to 64 times.")
    var queue: [String] = ["default"]

    @Option(help: "How many commands may run at once; otherwise one for each processor.")
    var concurrency: Int?

    @Option(
        help: ArgumentHelp("How long a command may take, whatever its job says.", valueName: "duration"),
        transform: Duration.option)
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            "How long running commands may go on when the worker is to end (30s).", valueName: "duration"),
        transform: Duration.option)
    var drainTimeout: Duration?

    @Option(help: "The worker's name, for people; otherwise host and process.")
    var name: String?

    @Option(
        parsing: .remaining,
        help: ArgumentHelp("The command: everything that follows.", valueName: "command"))
    var exec: [String] = []

    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard exec.isEmpty != command.isEmpty else {
            throw ValidationError("Give one command, after --exec or after --.")
        }
        guard (1...64).contains(queue.count) else { throw ValidationError("--queue may be given 1 to 64 times.") }
        guard (1...1000).contains(processes) else { throw ValidationError("--concurrency must be 1 to 1000.") }
    }

    private var processes: Int { concurrency ?? ProcessInfo.processInfo.activeProcessorCount }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        LoggingSystem.bootstrap { label in
            let handler: any LogHandler = isatty(STDERR_FILENO) == 1 ? HumanLogHandler() : JSONLogHandler(label: label)
            return handler
        }
        ProcessSetup.raiseFileLimit()
        ProcessSetup.tuneMemory()
        let logger = Logger(label: "martlet.worker")
        let address = try connection.address()
        let worker = MartletWorker(
            address, queues: queue, concurrency: processes, name: name, drainTimeout: drainTimeout ?? .seconds(30),
            logger: logger)
        let handler = try handler(logger)
        worker.handleAny { try await handler.run($0, $1) }
        logger.notice(
            "taking jobs",
            metadata: [
                "server": "\(address)", "queues": "\(queue.joined(separator: ","))", "concurrency": "\(processes)",
                "command": "\(handler.command[0])",
            ])
        do {
            try await run(worker, until: signals, logger)
        } catch {
            throw CommandError(error, server: address)
        }
        logger.notice("ended")
    }

    private func handler(_ logger: Logger) throws(CommandError) -> CommandHandler {
        let command = exec.isEmpty ? command : exec
        let environment = ProcessInfo.processInfo.environment
        guard ExecutableSearch(environment["PATH"]).finds(command[0]) else {
            throw CommandError("there is no command \(command[0])", .unknown)
        }
        do {
            return CommandHandler(
                command: command, environment: environment, limit: timeout, guardian: try ChildGuard(logger: logger))
        } catch {
            throw CommandError("the guard of this worker's commands cannot be started: \(error)", .software)
        }
    }

    private func run(_ worker: MartletWorker, until signals: UnixSignalsSequence, _ logger: Logger) async throws {
        var quiet = logger
        quiet.logLevel = .warning
        let services = ServiceGroup(services: [worker], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                var isAsked = false
                for await signal in signals {
                    if isAsked { Glibc.exit(ExitStatus.signal(signal.rawValue).number) }
                    isAsked = true
                    logger.notice("ending", metadata: ["signal": "\(signal)"])
                    await services.triggerGracefulShutdown()
                }
                // Cancelled: the worker has ended first.
                try await Task.sleep(for: .seconds(3600))
            }
            tasks.addTask { try await services.run() }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }
}

/// Whether a command can be found, as `execvp` would look for it.
struct ExecutableSearch {
    private let path: String

    init(_ path: String?) { self.path = path ?? "/bin:/usr/bin" }

    func finds(_ command: String) -> Bool {
        if command.contains("/") { return access(command, X_OK) == 0 }
        return path.split(separator: ":", omittingEmptySubsequences: false).contains { folder in
            access((folder.isEmpty ? "." : folder) + "/" + command, X_OK) == 0
        }
    }
}
