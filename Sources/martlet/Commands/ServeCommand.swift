internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// `martlet serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a server.",
        discussion: """
            Keeps everything in one folder, and prints one line to standard output once it serves. Logs go to standard \
            error. SIGTERM and SIGINT end it in order; a second one at once.

            A setting is a flag, or a variable in the environment (--payload-limit is MARTLET_PAYLOAD_LIMIT), or a line \
            of the configuration file (payload-limit = 4MiB; # begins a comment): a flag wins over a variable, a \
            variable over the file. The file is --config or MARTLET_CONFIG, else $XDG_CONFIG_HOME/martlet/martlet.conf \
            or ~/.config/martlet/martlet.conf if there is one.

            Examples:
              martlet serve
              martlet serve --data /var/lib/martlet --retention 30d
              MARTLET_HTTP=127.0.0.1:0 martlet serve --log-format json

            Exit status: 0 ended as asked; 1 the folder cannot be used or an address is taken; 64 wrong usage; 70 it can \
            serve no longer, start it again; 78 wrong configuration; 130 or 143 ended at once by a second signal.
            """)

    @Option(
        help: ArgumentHelp(
            "The folder for everything; otherwise $XDG_DATA_HOME/martlet or ~/.local/share/martlet.",
            valueName: "folder"))
    var data: String?

    @Option(
        help: ArgumentHelp("Where to listen for HTTP (127.0.0.1:7480); port 0 takes a free one.", valueName: "address"))
    var http: String?

    @Option(
        help: ArgumentHelp("Where to listen for gRPC (127.0.0.1:7481); port 0 takes a free one.", valueName: "address"))
    var grpc: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical (info).", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("json or human (human on a terminal, json otherwise).", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("The largest payload and result (1MiB).", valueName: "size"))
    var payloadLimit: String?

    @Option(help: ArgumentHelp("How long finished jobs are kept (7d).", valueName: "duration"))
    var retention: String?

    @Option(help: ArgumentHelp("How long a silent worker keeps its jobs (15s).", valueName: "duration"))
    var sessionGrace: String?

    @Option(help: ArgumentHelp("How often a worker says that it lives (5s).", valueName: "duration"))
    var heartbeat: String?

    @Option(help: ArgumentHelp("How long an idempotency key is remembered (24h).", valueName: "duration"))
    var idempotencyWindow: String?

    @Option(help: ArgumentHelp("Connections at one time (10000).", valueName: "number"))
    var maxConnections: String?

    @Option(help: ArgumentHelp("How long an orderly end may take (30s).", valueName: "duration"))
    var drainTimeout: String?

    @Flag(help: "Start although the clock says that the folder was not used for 90 days and more.")
    var acceptClock = false

    @Flag(help: "Allow addresses that other machines can reach, although nobody is asked who they are.")
    var insecureListenAnywhere = false

    @Option(help: ArgumentHelp("A file of settings.", valueName: "file"))
    var config: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let sources = SettingSources(
            flags: flags, environment: environment, file: try configurationFile(environment))
        try await Server.run(try ServeSettings(sources))
    }

    private var flags: [String: String] {
        let given: [String: String?] = [
            "data": data, "http": http, "grpc": grpc, "log-level": logLevel, "log-format": logFormat,
            "payload-limit": payloadLimit, "retention": retention, "session-grace": sessionGrace,
            "heartbeat": heartbeat, "idempotency-window": idempotencyWindow, "max-connections": maxConnections,
            "drain-timeout": drainTimeout, "accept-clock": acceptClock ? "true" : nil,
            "insecure-listen-anywhere": insecureListenAnywhere ? "true" : nil,
        ]
        return given.compactMapValues { $0 }
    }

    private func configurationFile(_ environment: [String: String]) throws(CommandError) -> ConfigurationFile {
        if let path = config ?? environment["MARTLET_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) {
            return try read(path)
        }
        var base = environment["XDG_CONFIG_HOME"] ?? ""
        if !base.hasPrefix("/") { base = (environment["HOME"] ?? "") + "/.config" }
        let path = base + "/martlet/martlet.conf"
        return access(path, F_OK) == 0 ? try read(path) : .none()
    }

    private func read(_ path: String) throws(CommandError) -> ConfigurationFile {
        do {
            let bytes = try InputFile(path).readAll(limit: 1 << 20)
            return try .parse(String(decoding: bytes, as: UTF8.self), path: path, known: ServeSettings.names)
        } catch {
            throw CommandError(error.message, .configuration)
        }
    }
}
