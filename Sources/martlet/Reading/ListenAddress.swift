internal import Martlet
internal import NIOCore

/// Where a server listens. Port 0 lets the system choose.
struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    static let hint = "an address such as 127.0.0.1:7480 or [::1]:0"

    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil unless the text is `host:port`, with an IPv6 address in brackets.
    init?(_ text: String) {
        guard let (host, port) = ServerAddress.parts(of: text) else { return nil }
        self.init(host: host, port: port)
    }

    /// Nobody on another machine can reach it. A name other than `localhost` could mean anything.
    var isLoopback: Bool {
        if host == "localhost" { return true }
        // Not an address: a name.
        guard let address = try? SocketAddress(ipAddress: host, port: port) else { return false }
        switch address {
        case .v4: return address.ipAddress?.hasPrefix("127.") ?? false
        case .v6: return address.ipAddress == "::1"
        case .unixDomainSocket: return true
        }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
