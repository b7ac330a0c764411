internal import Glibc
internal import Logging

/// One JSON object on a line of standard error for each event: `ts`, `level`, `message`, `logger`, and the metadata.
///
/// Metadata within metadata becomes a name with a dot. A name that collides gets `meta.` in front.
struct JSONLogHandler: LogHandler {
    private static let reserved: Set<String> = ["ts", "level", "message", "logger", "error"]

    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    /// The wall clock, in microseconds since 1970.
    var now: @Sendable () -> Int64 = WallClock.microseconds
    var write: @Sendable (String) -> Void = { Console.complain($0) }

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members: [(name: String, value: JSONValue)] = [
            ("ts", .string(InstantText.format(microseconds: now()))), ("level", .string(event.level.rawValue)),
            ("message", .string(event.message.description)), ("logger", .string(label)),
        ]
        if let error = event.error { members.append(("error", .string("\(error)"))) }
        for (name, value) in merged(event) {
            members.append((Self.reserved.contains(name) ? "meta.\(name)" : name, .string(value)))
        }
        write(JSONValue.object(members).text)
    }
}

/// A line of standard error for people: time, level, message, metadata.
struct HumanLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var now: @Sendable () -> Int64 = WallClock.microseconds
    var write: @Sendable (String) -> Void = { Console.complain($0) }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level = event.level.rawValue.uppercased()
        let gap = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(InstantText.format(microseconds: now() / 1000 * 1000))  \(level)\(gap)  \(event.message)"
        if let error = event.error { line += " error=\(error)" }
        for (name, value) in merged(event) { line += " \(name)=\(value)" }
        write(Table.visible(line))
    }
}

extension LogHandler {
    /// All metadata of an event by name, sorted: what is said later wins over what was said before.
    fileprivate func merged(_ event: LogEvent) -> [(name: String, value: String)] {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let said = event.metadata { all.merge(said) { $1 } }
        return all.flatMap { Self.flattened($0, $1) }.sorted { $0.name < $1.name }
    }

    private static func flattened(_ name: String, _ value: Logger.MetadataValue) -> [(name: String, value: String)] {
        guard case .dictionary(let inner) = value else { return [(name, "\(value)")] }
        return inner.flatMap { flattened("\(name).\($0)", $1) }
    }
}

/// The wall clock.
enum WallClock {
    @Sendable static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
