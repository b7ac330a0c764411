/// What a source file may not do. Each rule is a function over the file's text, and says what is wrong, line by line.
struct SourceRules {
    static let lineLimit = 400

    /// Whether a file may be longer than `lineLimit`: what a tool wrote.
    static func mayBeLong(_ path: String) -> Bool {
        path.contains("/Generated/")
    }

    /// All that is wrong with the file at `path`, a path from the root such as `Sources/Martlet/Worker.swift`.
    static func findings(in text: String, at path: String) -> [String] {
        var findings = unexplainedSendable(in: text) + swallowedErrors(in: text) + leftovers(in: text)
        findings += wrongImports(in: text, at: path)
        if !mayBeLong(path) { findings += tooLong(text) }
        return findings.map { "\(path):\($0)" }
    }

    /// `@unchecked Sendable` needs a comment on the line above that says why it holds.
    static func unexplainedSendable(in text: String) -> [String] {
        guard text.contains("@unchecked Sendable") else { return [] }
        var above = ""
        var findings: [String] = []
        for (number, line) in lines(of: text) {
            if code(of: line).contains("@unchecked Sendable"), !above.hasPrefix("//") {
                findings.append("\(number): @unchecked Sendable without a comment on the line above")
            }
            above = String(line.drop(while: \.isWhitespace))
        }
        return findings
    }

    static func swallowedErrors(in text: String) -> [String] {
        guard text.contains("try!") else { return [] }
        return lines(of: text).filter { code(of: $0.line).contains("try!") }.map { "\($0.number): try!" }
    }

    static func leftovers(in text: String) -> [String] {
        guard text.contains("TODO") || text.contains("FIXME") else { return [] }
        return lines(of: text).compactMap { number, line in
            line.firstMatch(of: /\b(TODO|FIXME)\b/).map { "\(number): \($0.1)" }
        }
    }

    static func tooLong(_ text: String) -> [String] {
        let count = lines(of: text).count
        return count > lineLimit ? ["\(count): longer than \(lineLimit) lines"] : []
    }

    /// The arrows that the build cannot hold, because the targets name the dependency for another reason or not yet.
    static func wrongImports(in text: String, at path: String) -> [String] {
        let room = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        return imports(in: text).filter { isForbidden($0.module, in: room) }.map {
            "\($0.number): \(room) may not import \($0.module)"
        }
    }

    private static func isForbidden(_ module: String, in room: String) -> Bool {
        let isAdapter = module.hasPrefix("MartletLog") && !["MartletLog", "MartletLogTesting"].contains(module)
        if isAdapter, !["martlet", "martlet-bench"].contains(room) { return true }
        return room == "Martlet" && ["MartletNode", "MartletCore"].contains(module)
    }

    static func imports(in text: String) -> [(number: Int, module: String)] {
        lines(of: text).filter { $0.line.contains("import ") }.compactMap { number, line in
            let pattern = /^\s*(?:(?:@\w+(?:\(\w+\))?|\w+)\s+)*import\s+(?:\w+\s+)?(\w+)/
            return code(of: line).firstMatch(of: pattern).map { (number, String($0.1)) }
        }
    }

    private static func lines(of text: String) -> [(number: Int, line: Substring)] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.enumerated().map { (number: $0.offset + 1, line: $0.element) }
    }

    /// The line without its comment.
    private static func code(of line: Substring) -> Substring {
        line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    }
}
