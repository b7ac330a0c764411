internal import MartletNode

/// Writes Prometheus' text format 0.0.4, one family at a time.
struct PrometheusText {
    private(set) var text = ""

    mutating func counter(_ name: String, _ help: String, _ values: [(labels: [String: String], value: UInt64)]) {
        head(name, help, "counter")
        for (labels, value) in values { line(name, labels, "\(value)") }
    }

    mutating func gauge(_ name: String, _ help: String, _ values: [(labels: [String: String], value: Double)]) {
        head(name, help, "gauge")
        for (labels, value) in values { line(name, labels, Self.number(value)) }
    }

    /// Durations in seconds, cumulative as Prometheus wants them.
    mutating func histogram(_ name: String, _ help: String, _ histogram: LatencyHistogram) {
        head(name, help, "histogram")
        var total: UInt64 = 0
        for (bound, count) in zip(LatencyHistogram.bounds, histogram.counts) {
            total &+= count
            line("\(name)_bucket", ["le": Self.number(Double(bound) / 1e6)], "\(total)")
        }
        total &+= histogram.counts.dropFirst(LatencyHistogram.bounds.count).reduce(0, &+)
        line("\(name)_bucket", ["le": "+Inf"], "\(total)")
        line("\(name)_sum", [:], Self.number(Double(histogram.sumMicroseconds) / 1e6))
        line("\(name)_count", [:], "\(total)")
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func line(_ name: String, _ labels: [String: String], _ value: String) {
        let written = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        text += name + (written.isEmpty ? "" : "{\(written.joined(separator: ","))}") + " \(value)\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
