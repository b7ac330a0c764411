/// As much of Markdown as the checks of the documents need.
struct Markdown {
    let text: String

    /// The contents of the fenced blocks of a language, in order.
    func blocks(_ language: String) -> [String] {
        var blocks: [String] = []
        var block: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = block {
                block = line == "```" ? nil : open + line + "\n"
                if block == nil { blocks.append(open) }
            } else if line == "```" + language {
                block = ""
            }
        }
        return blocks
    }

    /// Where the links lead, but for those to other places on the web; code is no text.
    var relativeLinks: [String] {
        prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
            .filter { $0.firstMatch(of: /^[a-z]+:/) == nil }
    }

    /// The headings as links name them.
    var anchors: Set<String> {
        Set(
            prose.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                let words = heading.drop { $0 == "#" || $0 == " " }.lowercased()
                let kept = words.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                return String(kept.map { $0 == " " ? "-" : $0 })
            })
    }

    /// The text without code: neither blocks nor what stands between backquotes on a line.
    private var prose: String {
        var isCode = false
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isCode.toggle()
            } else if !isCode {
                lines.append(line)
            }
        }
        let texts = lines.map { $0.hasPrefix("#") ? $0 : $0.replacing(/`[^`]*`/, with: "") }
        return texts.joined(separator: "\n")
    }
}

/// The part of a source file that a document shows, between two comments.
struct Excerpt {
    static func between(_ begin: String, _ end: String, in text: String) -> String? {
        guard let first = text.firstRange(of: begin + "\n"),
            let last = text[first.upperBound...].firstRange(of: end)
        else { return nil }
        return String(text[first.upperBound..<last.lowerBound])
    }
}
