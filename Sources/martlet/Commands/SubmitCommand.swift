internal import ArgumentParser
internal import FoundationEssentials
internal import Martlet

/// `martlet submit`.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job, or many from a file, one on each line.",
        discussion: """
            Prints the job's id once it is durable; with --wait its result, as it is, once it has ended. With --json: \
            {"id"}, or with --wait the job.

            Examples:
              martlet submit send-email '{"to":"a@example.org"}'
              martlet submit resize --payload-file photo.jpg --queue images --timeout 90s --attempts 3
              martlet submit report --run-at 2026-11-20T18:00Z --key report-2026-11-20
              martlet submit count 'how long is this?' --wait 30s
              martlet submit --ndjson jobs.ndjson

            A line of --ndjson is an object: {"kind": "send-email", "queue": "mail", "payload": {"to": "a@example.org"}, \
            "priority": 7, "delay": "90s", "run_at": "2026-11-20T18:00Z", "timeout": "5m", "attempts": 3, "key": "a-1"}. \
            All but the kind may be left out. A payload that is a string is its text, any other is its JSON as it \
            stands; "payload_base64" takes bytes. Lines travel in batches of up to 1000 jobs or 1 MiB, each submitted \
            whole or not at all. Prints the ids in the order of the lines; with --json {"id","line"}.

            \(ExitStatus.help)
            """)

    @Argument(help: "The kind of job: it chooses the handler.")
    var kind: String?

    @Argument(help: "What the handler receives; nothing if left out.")
    var payload: String?

    @Option(help: ArgumentHelp("Take the payload from a file, - for standard input.", valueName: "file"))
    var payloadFile: String?

    @Option(help: ArgumentHelp("Submit the jobs in a file, one on each line, - for standard input.", valueName: "file"))
    var ndjson: String?

    @Option(help: "Where the job waits.")
    var queue = "default"

    @Option(help: "0 to 9; higher runs first. The server's default is 5.")
    var priority: Int?

    @Option(
        help: ArgumentHelp("Not before this long from now.", valueName: "duration"), transform: Duration.option)
    var delay: Duration?

    @Option(help: ArgumentHelp("Not before this instant.", valueName: "instant"), transform: Date.option)
    var runAt: Date?

    @Option(
        help: ArgumentHelp("How long an attempt may take.", valueName: "duration"), transform: Duration.option)
    var timeout: Duration?

    @Option(help: "How many failed attempts make the job dead. The server's default is 25.")
    var attempts: Int?

    @Option(help: "Your own name for the job: the same key returns the same job for 24 h.")
    var key: String?

    @Option(
        name: .long, defaultAsFlag: WaitLimit.forever, parsing: .next,
        help: ArgumentHelp("Wait for the job's end and print its result.", valueName: "duration"),
        transform: WaitLimit.option)
    var wait: WaitLimit?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if ndjson != nil {
            let isAlone = kind == nil && payloadFile == nil && options == JobOptions() && wait == nil
            guard isAlone else {
                throw ValidationError("--ndjson takes everything from the file's lines: leave the rest out.")
            }
        } else {
            guard kind != nil else { throw ValidationError("Name the job's kind, or a file of jobs with --ndjson.") }
            if payload != nil, payloadFile != nil {
                throw ValidationError("Give the payload either here or by --payload-file.")
            }
            if delay != nil, runAt != nil { throw ValidationError("Give either --delay or --run-at.") }
        }
    }

    func run() async throws {
        if let ndjson {
            try await BulkSubmission(file: try InputFile(ndjson), asJSON: connection.json).run(over: connection)
        } else {
            try await submitOne()
        }
    }

    private func submitOne() async throws {
        let job = RawJob(kind: kind ?? "", payload: try bytes(), options: options)
        let console = Console.standard
        let ended = try await connection.withClient { client -> JobSnapshot? in
            let handles = try await client.submit([job])
            guard let id = handles.first?.id else {
                throw CommandError("the server answered without an id", .software)
            }
            guard let wait else {
                try console.print(connection.json ? JSONValue.object([("id", .string(id))]).text : id)
                return nil
            }
            return try await client.job(id, final: wait)
        }
        guard let ended else { return }
        if connection.json {
            try console.print(JSONValue(ended).text)
        } else if ended.state == .succeeded {
            try console.write(ended.result)
        }
        try ended.requireSuccess()
    }

    private func bytes() throws -> [UInt8] {
        if let payloadFile { return try InputFile(payloadFile).readAll(limit: Self.payloadLimit) }
        return Array((payload ?? "").utf8)
    }

    private var options: JobOptions {
        JobOptions(
            queue: queue, priority: priority, runAt: runAt, delay: delay, timeout: timeout, attempts: attempts,
            idempotencyKey: key)
    }

    /// The most that any server can be configured to take.
    private static let payloadLimit = 8 << 20
}
