internal import HTTPTypes

extension HTTPFields {
    /// Whether the message is the last of its connection: a word of the list in `Connection`, in letters of any case.
    /// The list may stand in several lines.
    var askToClose: Bool {
        self[values: .connection].contains { line in
            // By the byte: a comma stays one beside a mark that would join it.
            line.unicodeScalars.split(separator: ",").contains { Substring($0).trimmed.lowercased() == "close" }
        }
    }
}

extension Substring {
    /// Without the white space that HTTP allows around the parts of a field.
    var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
