/// A `martlet serve` of the driver's own.
public struct ServerProcess: Sendable {
    public let child: Child
    public let httpPort: Int
    /// `host:port`, as `ServerAddress` reads it.
    public let grpcAddress: String
    public let dataFolder: String
    /// When the process was started, by CLOCK_MONOTONIC.
    public let startedAt: UInt64
    /// When its line said that it serves.
    public let servingAt: UInt64

    public var pid: Int32 { child.pid }

    /// Starts the server and returns once it serves.
    ///
    /// - Parameters:
    ///   - ports: those of a server that ran before; nil lets the system choose.
    ///   - options: further arguments of `martlet serve`.
    public static func start(
        _ program: String, data: String, name: String, ports: (http: Int, grpc: String)? = nil,
        options: [String] = [], leash: Leash
    ) throws -> ServerProcess {
        let startedAt = monotonicNanoseconds()
        let http = "127.0.0.1:\(ports?.http ?? 0)"
        let arguments =
            ["serve", "--data", data, "--http", http, "--grpc", ports?.grpc ?? "127.0.0.1:0"] + options
        let child = try Child(program, arguments, name: name, leash: leash)
        var line: ServingLine?
        let isServing = try waitUntil(within: .seconds(60), every: .microseconds(300)) {
            line = ServingLine(in: try child.outputText() + readText(child.errors))
            if line == nil, !child.isRunning {
                throw HarnessError("the server ended before it served:\n\(child.lastWords)")
            }
            return line != nil
        }
        let servingAt = monotonicNanoseconds()
        guard isServing, let line else {
            child.kill()
            throw HarnessError("the server did not serve within 60 s:\n\(child.lastWords)")
        }
        return ServerProcess(
            child: child, httpPort: line.httpPort, grpcAddress: line.grpcAddress, dataFolder: data,
            startedAt: startedAt, servingAt: servingAt)
    }

    /// The figures that it shows now.
    public func metrics() throws -> Metrics {
        let answer = try WebCall(port: httpPort).get("/metrics")
        guard answer.status == 200 else { throw HarnessError("/metrics answered \(answer.status)") }
        return Metrics(answer.body)
    }
}

/// The line that a server prints once it serves:
/// `martlet 0.1.0 is serving: HTTP http://127.0.0.1:7480, gRPC 127.0.0.1:7481, data /var/lib/martlet`.
struct ServingLine {
    let httpPort: Int
    let grpcAddress: String

    init?(in text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.contains(" is serving: ") }),
            let http = Self.word(after: "HTTP http://", in: line),
            let port = http.split(separator: ":").last.flatMap({ Int($0) }),
            let grpc = Self.word(after: "gRPC ", in: line),
            // Not yet all of the line.
            line.contains(", data ")
        else { return nil }
        httpPort = port
        grpcAddress = grpc
    }

    private static func word(after mark: String, in line: Substring) -> String? {
        var rest = line
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.dropFirst(mark.count).prefix { $0 != "," && $0 != " " }.description }
            rest = rest.dropFirst()
        }
        return nil
    }
}
