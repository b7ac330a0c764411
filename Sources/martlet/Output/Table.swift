/// Rows of text: aligned for people, separated by tabs for programs.
struct Table {
    struct Column {
        var title: String
        var isNumber = false
    }

    var columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// - Precondition: one cell for each column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row of \(cells.count) cells in \(columns.count) columns")
        rows.append(cells.map(Self.visible))
    }

    /// A title and rows whose columns line up; the last column is cut at the terminal's edge.
    func lines(width: Int) -> [String] {
        let widths = columns.indices.map { index in
            max(columns[index].title.count, rows.map { $0[index].count }.max() ?? 0)
        }
        return ([columns.map(\.title)] + rows).map { line($0, widths, width) }
    }

    /// No title, one tab between cells: `cut -f` knows its way.
    var plainLines: [String] { rows.map { $0.joined(separator: "\t") } }

    private func line(_ cells: [String], _ widths: [Int], _ width: Int) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let gap = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { text += "  " }
            text += columns[index].isNumber ? gap + cell : cell + (index == cells.count - 1 ? "" : gap)
        }
        return text.count > width ? text.prefix(max(width - 1, 0)) + "…" : text
    }

    /// What a job's failure says must not move the cursor, break a row or end a column.
    static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
