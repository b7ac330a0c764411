/// HTTP/2 as bytes, for what no client would send.
enum Raw {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let hello = preface + frame(4)
    /// No answer may be sent: the first window of a stream is 0.
    static let helloWithoutWindow = preface + frame(4, [0, 4, 0, 0, 0, 0])

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let size = payload.count
        return [UInt8(size >> 16 & 0xFF), UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF), kind, flags, 0, 0, 0, stream]
            + payload
    }

    /// A call whose head is complete and whose request is to come.
    static func call(_ path: String, stream: UInt8) -> [UInt8] {
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "t"), ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        var block: [UInt8] = []
        for (name, value) in fields {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return frame(1, flags: 4, stream: stream, block)
    }

    /// The kinds of the frames that came, in order.
    static func kinds(_ bytes: [UInt8]) -> [UInt8] {
        var kinds: [UInt8] = []
        var position = 0
        while position + 9 <= bytes.count {
            let size = bytes[position..<position + 3].reduce(0) { $0 << 8 | Int($1) }
            kinds.append(bytes[position + 3])
            position += 9 + size
        }
        return kinds
    }

    static let goaway: UInt8 = 7
    static let reset: UInt8 = 3
}
