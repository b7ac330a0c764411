import MartletHarness

/// All runs of all figures, for people and for programs.
struct Report {
    private var runs: [Figure: [Double]] = [:]

    init(figures: Set<Figure>) {
        for figure in figures { runs[figure] = [] }
    }

    /// Findings that nobody asked for are left out.
    mutating func add(_ findings: Findings) {
        for (figure, value) in findings where runs[figure] != nil { runs[figure]?.append(value) }
    }

    func print() {
        say(Self.row("figure", "median", "least", "most", "unit", "must", "goal"))
        for figure in Figure.allCases {
            guard let values = runs[figure], let least = values.min(), let most = values.max() else { continue }
            let median = Self.median(values)
            say(
                Self.row(
                    figure.rawValue, Self.text(median), Self.text(least), Self.text(most), figure.unit,
                    figure.bar.must, figure.bar.goal))
            let list = values.map(Self.text).joined(separator: ", ")
            Swift.print(
                """
                {"figure": "\(figure.rawValue)", "unit": "\(figure.unit)", "median": \(Self.text(median)), \
                "runs": [\(list)]}
                """)
        }
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Whole from 1000 on, three decimals below: JSON and legible.
    private static func text(_ value: Double) -> String {
        value >= 1000 ? String(Int(value.rounded())) : "\((value * 1000).rounded() / 1000)"
    }

    private static func row(_ cells: String...) -> String {
        let widths = [31, 10, 10, 10, 10, 9, 9]
        let padded = zip(cells, widths).enumerated().map { index, cell in
            let gap = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 || index == 4 ? cell.0 + gap : gap + cell.0
        }
        return padded.joined(separator: " ")
    }
}
