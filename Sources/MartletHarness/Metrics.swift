/// Figures in Prometheus' text format.
public struct Metrics: Sendable {
    private var samples: [(name: Substring, labels: Substring, value: Double)] = []

    public init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            let series = line[..<space]
            let name = series.prefix { $0 != "{" }
            samples.append((name, series.dropFirst(name.count), value))
        }
    }

    /// The sum over all series of that name whose labels contain `label`, such as `outcome="completed"`.
    public func sum(_ name: String, _ label: String = "") -> Double? {
        let found = samples.filter { $0.name == name && (label.isEmpty || $0.labels.contains(label)) }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }

    /// The sum under the first of these names that there is.
    public func first(of names: String...) throws -> Double {
        for name in names {
            if let value = sum(name) { return value }
        }
        throw HarnessError("/metrics has none of \(names.joined(separator: ", "))")
    }
}
