internal import MartletCore

/// The name of one request in answers and logs: the caller's, when it is harmless, or a fresh one.
enum RequestID {
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return ClientID(high: random.next(), low: random.next()).description
    }

    /// `text` when it is 1 to 128 bytes of letters, digits and `-_.:/+=`.
    static func make(from text: String?) -> String {
        guard let text, (1...128).contains(text.utf8.count), text.utf8.allSatisfy(isSafe) else { return make() }
        return text
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"),
            UInt8(ascii: "+"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
