import Martlet
import Testing

@Suite("Server addresses")
struct ServerAddressTests {
    @Test(
        "A host and a port are read, an IPv6 host in brackets",
        arguments: [
            ("queue.example:7481", "queue.example", 7481),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65_535),
        ])
    func addressIsRead(text: String, host: String, port: Int) {
        let address = ServerAddress(text)

        #expect(address == ServerAddress(host: host, port: port))
        #expect(address?.description == text)
    }

    @Test(
        "What names no host or no port is not an address",
        arguments: ["", "host", ":7481", "host:", "host:0", "host:65536", "::1:80", "[]:80"])
    func nonsenseIsNoAddress(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}
