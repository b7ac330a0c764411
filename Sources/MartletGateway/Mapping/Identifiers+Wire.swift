internal import MartletCore
internal import MartletWire

/// Identifiers as they arrive in text.
extension JobID {
    init(wire text: String, field: String) throws(Problem) {
        guard let id = JobID(text) else {
            throw .invalid(field, text.isEmpty ? "is required" : "must be a job's id: a UUIDv7 of 36 characters")
        }
        self = id
    }
}

extension ClientID {
    init(wire text: String, field: String) throws(Problem) {
        guard let id = ClientID(text) else {
            throw .invalid(field, text.isEmpty ? "is required with a sequence" : "must be a UUID of 36 characters")
        }
        self = id
    }
}

extension SessionID {
    init(wire text: String, field: String) throws(Problem) {
        guard let id = SessionID(text) else { throw .invalid(field, "must be a UUID of 36 characters") }
        self = id
    }
}

extension AttemptID {
    /// `prefix` is what leads to the two fields: empty, or `held[2].`.
    init(job: String, token: UInt64, prefix: String = "") throws(Problem) {
        guard token != 0 else { throw .invalid("\(prefix)token", "is required") }
        self.init(job: try JobID(wire: job, field: "\(prefix)job_id"), token: FencingToken(token))
    }
}

extension ProtobufWriter {
    /// A string field with a job's id.
    mutating func field(_ number: Int, _ id: JobID) {
        field(number, count: UUIDText.length) { UUIDText.write(high: id.high, low: id.low, to: $0) }
    }
}

/// The place in a list of jobs where the next page begins. Opaque to callers.
struct PageToken: Equatable {
    var position: UInt64

    var text: String { "p" + String(position, radix: 36) }

    init(position: UInt64) { self.position = position }

    init(wire text: String, field: String) throws(Problem) {
        guard text.utf8.first == UInt8(ascii: "p"), let position = UInt64(text.dropFirst(), radix: 36),
            PageToken(position: position).text == text
        else { throw .invalid(field, "is not one that this server gave") }
        self.init(position: position)
    }
}

/// W3C trace context: `00-<32 hex>-<16 hex>-<2 hex>`, neither of the identifiers all zeros.
enum Traceparent {
    static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 55, !bytes.starts(with: [UInt8(ascii: "f"), UInt8(ascii: "f")]) else { return false }
        let isInPlace = bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 2, 35, 52: byte == UInt8(ascii: "-")
            default: (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte || (UInt8(ascii: "a")...UInt8(ascii: "f")) ~= byte
            }
        }
        let zero = UInt8(ascii: "0")
        return isInPlace && bytes[3..<35].contains { $0 != zero } && bytes[36..<52].contains { $0 != zero }
    }
}
