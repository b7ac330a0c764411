internal import ArgumentParser
internal import FoundationEssentials
internal import Logging
internal import Martlet

/// What every command that talks to a server takes.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the server listens for gRPC; otherwise the environment's MARTLET_SERVER, or \(ServerAddress.standard).",
            valueName: "host:port"))
    var server: String?

    @Flag(help: "Print JSON: one object on each line, named as in the HTTP API.")
    var json = false

    /// How long a submission goes on trying: a person waits, and a script can say so again.
    private static let patience = Duration.seconds(5)

    func validate() throws {
        _ = try address()
    }

    func address() throws(ValidationError) -> ServerAddress {
        let text = server ?? ProcessInfo.processInfo.environment["MARTLET_SERVER"]
        guard let text, !text.isEmpty else { return .standard }
        guard let address = ServerAddress(text) else {
            throw ValidationError("'\(text)' is not an address of a server: host:port is expected.")
        }
        return address
    }

    /// Runs `body` with a client, and puts whatever goes wrong into words and an exit status.
    func withClient<R>(_ body: (MartletClient) async throws -> R) async throws -> R {
        let address = try address()
        do {
            return try await MartletClient.with(
                address, logger: Logger(label: "martlet.client") { _ in SwiftLogNoOpLogHandler() },
                options: ClientOptions(patience: Self.patience), body: body)
        } catch {
            throw CommandError(error, server: address)
        }
    }
}

extension Duration {
    /// For options: a duration as people write it.
    @Sendable static func option(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("'\(text)' is not \(DurationText.hint).")
        }
        return duration
    }
}

extension Date {
    /// For options: an instant.
    @Sendable static func option(_ text: String) throws -> Date {
        guard let instant = InstantText.parse(text) else {
            throw ValidationError("'\(text)' is not \(InstantText.hint).")
        }
        return instant
    }

    /// For options: an instant, or how long ago it was.
    @Sendable static func optionOrAge(_ text: String) throws -> Date {
        if let age = DurationText.parse(text) { return Date.now.addingTimeInterval(-(age / .seconds(1))) }
        return try option(text)
    }
}
