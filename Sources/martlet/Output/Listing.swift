internal import FoundationEssentials
internal import Martlet

/// Writes what a command found: a table for people, tabs for programs, JSON when it is asked for.
///
/// The order of the columns and of the JSON members is part of the command line's interface.
struct Listing<Element>: Sendable {
    struct Field: Sendable {
        var title: String
        var isNumber = false
        /// The cell for a person at `now`, and the cell for a program.
        var human: @Sendable (Element, Date) -> String
        var plain: @Sendable (Element) -> String
    }

    var fields: [Field]
    var json: @Sendable (Element) -> JSONValue

    func write(_ elements: [Element], asJSON: Bool, to console: Console = .standard) throws(CommandError) {
        if asJSON {
            for element in elements { try console.print(json(element).text) }
            return
        }
        var table = Table(fields.map { Table.Column(title: $0.title, isNumber: $0.isNumber) })
        let now = Date.now
        let isHuman = console.isTerminal
        for element in elements {
            table.add(fields.map { isHuman ? $0.human(element, now) : $0.plain(element) })
        }
        for line in isHuman ? table.lines(width: console.width) : table.plainLines { try console.print(line) }
    }
}

extension Listing.Field {
    static func text(_ title: String, _ text: @escaping @Sendable (Element) -> String) -> Self {
        Self(title: title, human: { element, _ in text(element) }, plain: text)
    }

    static func number(_ title: String, _ number: @escaping @Sendable (Element) -> Int) -> Self {
        Self(title: title, isNumber: true, human: { element, _ in "\(number(element))" }, plain: { "\(number($0))" })
    }

    /// An age for people, an instant for programs.
    static func time(_ title: String, _ date: @escaping @Sendable (Element) -> Date?) -> Self {
        Self(
            title: title, human: { Age.text(of: date($0), now: $1) },
            plain: { date($0).map { InstantText.format($0) } ?? "-" })
    }
}
