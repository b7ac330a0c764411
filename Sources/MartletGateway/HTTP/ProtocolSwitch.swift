internal import HTTPTypes

extension HTTPRequest {
    /// After such a request the parser takes what follows for another protocol and parses no more. We speak none, so it
    /// is the connection's last.
    var asksToSwitch: Bool { method == .connect || headerFields[.upgrade] != nil }
}
