internal import Martlet

/// Handles a job of any kind by running a command.
struct CommandHandler: Sendable {
    let command: [String]
    /// The worker's own, which the command inherits.
    let environment: [String: String]
    /// How long a command may take, whatever its job says.
    let limit: Duration?
    let guardian: ChildGuard

    /// `EX_DATAERR`: the job itself is bad, and trying again will not help.
    static let refusal: Int32 = 65

    func run(_ payload: [UInt8], _ attempt: AttemptContext) async throws -> [UInt8] {
        let stop = try StopSwitch()
        let variables = environment(for: attempt)
        let outcome = try await withTaskCancellationHandler {
            try await OwnThread.run { run(payload, variables, stop) }.get()
        } onCancel: {
            stop.flip()
        }
        // Its outcome is no longer asked for.
        try Task.checkCancellation()
        return try Self.result(of: outcome, limit: limit)
    }

    private func run(
        _ payload: [UInt8], _ variables: [String], _ stop: StopSwitch
    ) -> Result<CommandRun.Outcome, RetryJob> {
        do throws(SystemError) {
            let child = try ChildProcess.start(command, environment: variables)
            let pid = child.pid
            guardian.add(pid)
            var run = CommandRun(input: payload, stop: stop, limit: limit)
            return .success(run.run(child) { guardian.remove(pid) })
        } catch {
            return .failure(RetryJob(message: "cannot start \(command[0]): \(error)", code: "cannot-start"))
        }
    }

    func environment(for attempt: AttemptContext) -> [String] {
        var variables = environment
        variables["MARTLET_JOB_ID"] = attempt.jobID
        variables["MARTLET_ATTEMPT"] = "\(attempt.attempt)"
        variables["MARTLET_KIND"] = attempt.kind
        variables["MARTLET_QUEUE"] = attempt.queue
        variables["MARTLET_TRACEPARENT"] = attempt.traceparent
        variables["MARTLET_TIMEOUT"] = [attempt.timeout, limit].compactMap { $0 }.min().map(Self.seconds)
        return variables.map { "\($0)=\($1)" }
    }

    /// Seconds, with decimals if need be: what `timeout(1)` and arithmetic understand.
    static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { return "\(seconds)" }
        let digits = String(milliseconds)
        return "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// What an ended command says about its attempt.
    static func result(of outcome: CommandRun.Outcome, limit: Duration?) throws -> [UInt8] {
        if outcome.isTooLarge {
            throw RetryJob(
                message: "result too large: the command wrote more than \(CommandRun.outputLimit) bytes",
                code: "result-too-large")
        }
        if outcome.isLate, let limit {
            throw RetryJob(message: "the command took longer than \(DurationText.format(limit))", code: "timeout")
        }
        switch outcome.status {
        case .exited(0):
            return outcome.output
        case .exited(Self.refusal):
            throw RefuseJob(message: words(outcome) ?? "the command refused the job (exit status \(Self.refusal))")
        case .exited(let code):
            throw RetryJob(
                message: words(outcome) ?? "the command ended with exit status \(code)", code: "exit-\(code)")
        case .killed(let signal):
            throw RetryJob(
                message: words(outcome) ?? "the command was killed by signal \(signal)", code: "signal-\(signal)")
        }
    }

    /// The last that the command wrote to standard error; nil if that is nothing.
    private static func words(_ outcome: CommandRun.Outcome) -> String? {
        // The cut may have gone through a character: continuation bytes at the start belong to it.
        let whole = outcome.errors.drop { $0 & 0xC0 == 0x80 }
        let text = String(decoding: whole, as: UTF8.self)
        let words = text.drop { $0.isWhitespace }
        guard let end = words.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        return String(words[...end])
    }
}
