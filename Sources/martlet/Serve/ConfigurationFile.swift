/// A file of settings: `name = value` on each line, named as the flags are; `#` begins a comment line.
struct ConfigurationFile {
    var path: String
    var values: [String: (text: String, line: Int)] = [:]

    static func none() -> ConfigurationFile { ConfigurationFile(path: "", values: [:]) }

    /// A line that is no setting, a name that is unknown, or one that comes twice is refused: a server that runs with
    /// other settings than its operator believes is worse than one that does not start.
    static func parse(_ text: String, path: String, known: Set<String>) throws(CommandError) -> ConfigurationFile {
        var file = ConfigurationFile(path: path)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = trimmed(line)
            if content.isEmpty || content.hasPrefix("#") { continue }
            func fault(_ message: String) -> CommandError {
                CommandError("line \(index + 1) of \(path): \(message)", .configuration)
            }
            guard let equals = content.firstIndex(of: "=") else { throw fault("'name = value' is expected") }
            let name = String(trimmed(content[..<equals]))
            guard known.contains(name) else { throw fault("there is no setting '\(name)'") }
            guard file.values[name] == nil else { throw fault("'\(name)' is set twice") }
            var value = trimmed(content[content.index(after: equals)...])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = value.dropFirst().dropLast()
            }
            file.values[name] = (String(value), index + 1)
        }
        return file
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        let tail = text.drop(while: isSpace)
        guard let end = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
        return tail[...end]
    }
}
