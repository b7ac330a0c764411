/// What a queue may be called, where the core is not asked.
enum NameRule {
    static func allows(_ name: String, limit: Int) -> Bool {
        let bytes = name.utf8
        return (1...limit).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
                    UInt8(ascii: "/"), UInt8(ascii: "-"):
                    true
                default:
                    false
                }
            }
    }
}
