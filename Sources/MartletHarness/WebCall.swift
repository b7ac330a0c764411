internal import Glibc

/// One HTTP request to a server on this machine, over a connection of its own; blocks until it is answered.
public struct WebCall: Sendable {
    public struct Answer: Sendable {
        public let status: Int
        public let body: String
    }

    private let port: Int
    private let limit: Duration

    public init(port: Int, limit: Duration = .seconds(30)) {
        self.port = port
        self.limit = limit
    }

    public func get(_ path: String) throws -> Answer { try send("GET", path, "") }

    public func post(_ path: String, json: String) throws -> Answer { try send("POST", path, json) }

    private func send(_ method: String, _ path: String, _ json: String) throws -> Answer {
        let socket = try connect()
        defer { close(socket) }
        let request = """
            \(method) \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Content-Type: application/json\r
            Content-Length: \(json.utf8.count)\r
            Connection: close\r
            \r
            \(json)
            """
        var bytes = Array(request.utf8)
        while !bytes.isEmpty {
            let written = write(socket, bytes, bytes.count)
            guard written > 0 else { throw HarnessError("cannot write to port \(port): \(errnoText())") }
            bytes.removeFirst(written)
        }
        return try Self.parse(try readAll(socket))
    }

    private func connect() throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw HarnessError("cannot make a socket: \(errnoText())") }
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var patience = timeval(tv_sec: Int(limit / .seconds(1)), tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let failure = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard failure == 0 else {
            let reason = errnoText()
            close(socket)
            throw HarnessError("cannot connect to port \(port): \(reason)")
        }
        return socket
    }

    private func readAll(_ socket: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(socket, &chunk, chunk.count)
            guard count >= 0 else { throw HarnessError("no answer from port \(port): \(errnoText())") }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func parse(_ bytes: [UInt8]) throws -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let (head, body) = cut(text, at: "\r\n\r\n"),
            let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw HarnessError("an answer that is not HTTP: \(text.prefix(100))") }
        let isChunked = head.lowercased().contains("transfer-encoding: chunked")
        return Answer(status: status, body: isChunked ? unchunked(body) : String(body))
    }

    private static func unchunked(_ body: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(body.utf8)[...]
        while let end = rest.firstIndex(of: 10) {
            let digits = String(decoding: rest[..<end].prefix { $0 != 13 && $0 != 59 }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size > 0 else { break }
            bytes += rest[(end + 1)...].prefix(size)
            rest = rest[(end + 1)...].dropFirst(size + 2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func cut(_ text: String, at mark: String) -> (Substring, Substring)? {
        let bytes = Array(text.utf8), sign = Array(mark.utf8)
        guard bytes.count >= sign.count else { return nil }
        for start in 0...(bytes.count - sign.count) where bytes[start..<(start + sign.count)].elementsEqual(sign) {
            let middle = text.utf8.index(text.startIndex, offsetBy: start)
            return (text[..<middle], text[text.utf8.index(middle, offsetBy: sign.count)...])
        }
        return nil
    }
}
