package import MartletCore
import MartletWire

/// Turns the events of an entry into its body and back: `martlet.log.v1.Body`, see Protos/martlet/log/v1.
///
/// Written by hand over the wire format, since every event of every job passes here twice; a test holds it
/// against the code that is generated from the same file.
package enum EntryCodec {
    /// Bodies of a higher version were written by a newer release.
    static let version: UInt64 = 1

    static func encode(_ events: [Event], sizeHint: Int) -> [UInt8] {
        var writer = ProtobufWriter(capacity: sizeHint)
        var names = NameTable()
        writer.field(3, version)
        for event in events {
            writer.message(2) { EventWriter.write(event, to: &$0, names: &names) }
        }
        for name in names.all { writer.repeatedField(1, name) }
        return writer.bytes
    }

    /// - Throws: `CodecError` when the body is damaged, or holds what this release does not know.
    package static func decode(_ body: [UInt8]) throws(CodecError) -> [Event] {
        let decoded = body.withUnsafeBytes { bytes in
            // The names stand behind the events that use them, so that both are written in one pass.
            Result { () throws(ProtobufError) in
                try checkVersion(ProtobufReader(bytes))
                let names = try names(ProtobufReader(bytes))
                return try events(ProtobufReader(bytes), names: names)
            }
        }
        return try decoded.mapError(CodecError.init).get()
    }

    private static func checkVersion(_ reader: ProtobufReader) throws(ProtobufError) {
        var reader = reader
        while let field = try reader.next() {
            if field == 3 {
                guard try reader.varint() <= version else { throw .invalid(field: "version") }
            } else {
                try reader.skip()
            }
        }
    }

    private static func names(_ reader: ProtobufReader) throws(ProtobufError) -> [String] {
        var reader = reader
        var names: [String] = []
        while let field = try reader.next() {
            if field == 1 { names.append(try reader.string()) } else { try reader.skip() }
        }
        return names
    }

    private static func events(_ reader: ProtobufReader, names: [String]) throws(ProtobufError) -> [Event] {
        var reader = reader
        var events: [Event] = []
        while let field = try reader.next() {
            guard field == 2 else {
                try reader.skip()
                continue
            }
            events.append(try EventReader(names: names).read(try reader.message()))
        }
        return events
    }
}

/// Why a body cannot be read. The partition stops there: nothing is served from a doubtful log.
package struct CodecError: Error, CustomStringConvertible {
    let cause: ProtobufError

    init(_ cause: ProtobufError) { self.cause = cause }

    package var description: String { "the events cannot be read: \(cause)" }
}

/// The names of one body, each once, in the order of first use.
struct NameTable {
    private(set) var all: [String] = []
    private var indexes: [String: Int] = [:]
    private var last: (name: String, index: Int)?

    mutating func index(of name: String) -> UInt64 {
        // Neighbours mostly share their queue and kind.
        if let last, last.name == name { return UInt64(last.index) }
        let index = indexes[name] ?? all.count
        if index == all.count {
            indexes[name] = index
            all.append(name)
        }
        last = (name, index)
        return UInt64(index)
    }
}
