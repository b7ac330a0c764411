/// Where a Martlet server listens for gRPC.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; an IPv6 host stands in brackets, `[::1]:7481`. Nil if the text is neither.
    public init?(_ text: String) {
        guard let (host, port) = Self.parts(of: text), port > 0 else { return nil }
        self.init(host: host, port: port)
    }

    /// A host, without the brackets that only one with colons has, and a port, which may be 0.
    package static func parts(of text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            !text[colon...].hasPrefix(":+")
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.contains(":") == isBracketed, !host.contains("["), !host.contains("]") else {
            return nil
        }
        return (String(host), Int(port))
    }

    /// The server's defaults on this machine, `127.0.0.1:7481`.
    public static let standard = ServerAddress(host: "127.0.0.1", port: 7481)

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
