internal import Logging
internal import MartletCore
internal import MartletGateway
internal import MartletNode

/// All that an operator may set of a server.
struct ServeSettings: Equatable {
    enum LogFormat: String, CaseIterable { case json, human }

    var folder: String
    var http = ListenAddress(host: "127.0.0.1", port: 7480)
    var grpc = ListenAddress(host: "127.0.0.1", port: 7481)
    var logLevel = Logger.Level.info
    /// Nil: human on a terminal, JSON otherwise.
    var logFormat: LogFormat?
    var node = NodeConfiguration()
    var maxConnections = 10_000
    var drainTimeout = Duration.seconds(30)
    /// Whether to start however much time the clock says has passed.
    var acceptsClock = false

    /// The names of all settings, but for `config` itself.
    static let names: Set<String> = [
        "data", "http", "grpc", "log-level", "log-format", "payload-limit", "retention", "session-grace", "heartbeat",
        "idempotency-window", "max-connections", "drain-timeout", "accept-clock", "insecure-listen-anywhere",
    ]

    init(_ sources: SettingSources) throws(CommandError) {
        folder = try Self.folder(sources)
        http = try sources.value("http", default: http, ListenAddress.hint) { ListenAddress($0) }
        grpc = try sources.value("grpc", default: grpc, ListenAddress.hint) { ListenAddress($0) }
        logLevel = try sources.value("log-level", default: logLevel, Self.levelHint) {
            Logger.Level(rawValue: $0.lowercased())
        }
        logFormat = try sources.value("log-format", default: nil, "json or human") { LogFormat(rawValue: $0) }
        maxConnections = try sources.value("max-connections", default: maxConnections, "1 to 1000000") {
            Int($0).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        }
        drainTimeout = try Self.duration(sources, "drain-timeout", drainTimeout, .zero ... .seconds(3600))
        acceptsClock = try sources.value("accept-clock", default: false, "true or false") { Bool($0) }
        try setNode(sources)
        try checkListeners(sources)
    }

    private mutating func setNode(_ sources: SettingSources) throws(CommandError) {
        // More would not fit into one submission.
        let limit = node.limits.bytesPerSubmission
        node.limits.payloadBytes = try sources.value(
            "payload-limit", default: node.limits.payloadBytes, "a size from 1 to \(limit) bytes, such as 4MiB"
        ) { ByteCount.parse($0).flatMap { (1...limit).contains($0) ? $0 : nil } }
        let day = Duration.seconds(86_400)
        node.retention = try Self.duration(sources, "retention", node.retention, .seconds(1)...day * 3650)
        node.heartbeatInterval = try Self.duration(
            sources, "heartbeat", node.heartbeatInterval, .milliseconds(100) ... .seconds(300))
        node.sessionGrace = try Self.duration(
            sources, "session-grace", node.sessionGrace, .milliseconds(200) ... .seconds(3600))
        node.limits.idempotencyWindow = try Self.duration(
            sources, "idempotency-window", node.limits.idempotencyWindow, .seconds(1)...day * 365)
        guard node.sessionGrace >= node.heartbeatInterval * 2 else {
            let origin = sources.find("session-grace") ?? sources.find("heartbeat")
            throw CommandError(
                "session-grace (\(DurationText.format(node.sessionGrace))) must be at least twice heartbeat "
                    + "(\(DurationText.format(node.heartbeatInterval))), or one late heartbeat loses a worker's jobs",
                origin?.origin.status ?? .configuration)
        }
    }

    /// There is no authentication yet: whoever can connect can do everything.
    private func checkListeners(_ sources: SettingSources) throws(CommandError) {
        let isAllowed = try sources.value("insecure-listen-anywhere", default: false, "true or false") { Bool($0) }
        guard !isAllowed else { return }
        for (name, address) in [("http", http), ("grpc", grpc)] where !address.isLoopback {
            throw CommandError(
                "\(name) would listen on \(address), where other machines can reach it, and this release does not ask "
                    + "anyone who they are. Listen on 127.0.0.1 and put a proxy that authenticates in front, or, in a "
                    + "network where everybody may do everything, give --insecure-listen-anywhere",
                sources.find(name)?.origin.status ?? .configuration)
        }
    }

    private static func folder(_ sources: SettingSources) throws(CommandError) -> String {
        if let found = sources.find("data") {
            guard !found.text.isEmpty else {
                throw CommandError("\(found.origin.description): the folder has no name", found.origin.status)
            }
            return found.text
        }
        // The XDG base directory specification: a path that is not absolute counts as none.
        if let base = sources.environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/martlet" }
        if let home = sources.environment["HOME"], home.hasPrefix("/") { return home + "/.local/share/martlet" }
        throw CommandError("there is no home folder to keep the data in: name a folder with --data", .configuration)
    }

    private static func duration(
        _ sources: SettingSources, _ name: String, _ standard: Duration, _ range: ClosedRange<Duration>
    ) throws(CommandError) -> Duration {
        let from = DurationText.format(range.lowerBound)
        let to = DurationText.format(range.upperBound)
        return try sources.value(name, default: standard, "\(DurationText.hint), from \(from) to \(to)") {
            DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private static let levelHint = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
}

extension ServeSettings {
    var gateway: GatewayConfiguration {
        var gateway = GatewayConfiguration()
        gateway.http.host = http.host
        gateway.http.port = http.port
        gateway.grpc.host = grpc.host
        gateway.grpc.port = grpc.port
        gateway.maxConnections = maxConnections
        gateway.version = Version.current
        // The gateway gives up before the server does, so that there is time left to close the files.
        gateway.shutdownTimeout = min(gateway.shutdownTimeout, drainTimeout / 2)
        gateway.grpc.goodbyeGrace = min(gateway.grpc.goodbyeGrace, drainTimeout / 4)
        return gateway
    }
}
