import HTTPTypes

@testable import MartletGateway

extension FuzzTarget {
    /// Whether a request's `Connection` asks to close: the header stands in as many lines as the input has.
    static let fieldLists = FuzzTarget("field-lists", longest: 64) {
        Samples.connections.map { [UInt8]($0.utf8) }
    } check: { input in
        var fields = HTTPFields()
        for line in [UInt8](input).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            fields.append(HTTPField(name: .connection, value: line))
        }
        // Not the lines themselves: a field makes spaces of bytes that may not stand in it.
        let values = fields[values: .connection]
        try hold(fields.askToClose, is: plainlyAskToClose(values), "whether \(values) ask to close")
    }

    /// As RFC 9110 has it: several lines are one list, commas part it whatever stands beside them, and neither blanks
    /// around a word count nor the case of its letters.
    private static func plainlyAskToClose(_ values: [String]) -> Bool {
        let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        let list = [UInt8](values.joined(separator: ",").utf8)
        return list.split(separator: UInt8(ascii: ",")).contains { element in
            let words = element.split { blanks.contains($0) }
            // No byte but a letter becomes a small letter with this bit.
            return words.count == 1 && words[0].map { $0 | 0x20 } == [UInt8]("close".utf8)
        }
    }
}
