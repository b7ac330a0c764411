internal import GRPCCore
internal import GRPCProtobuf
internal import MartletWire
internal import SwiftProtobuf

/// A first look at a protobuf message, before it is read: how many fields it has.
///
/// An empty job takes two bytes on the wire and hundreds in memory: a message of 12 MiB could spell gigabytes.
enum WireShape {
    /// Twice our longest list: one that is a little too long is told so by its own rule.
    static let maxFields = 20_000
    /// The same for a session's opening, whose list is twice as long: what a worker runs, and as much that it reported.
    static let maxFieldsOfOpening = 40_000

    /// `depth` 2: the fields of the fields count too, where these are messages.
    static func check(
        _ bytes: UnsafeRawBufferPointer, depth: Int = 1, most: Int = WireShape.maxFields
    ) throws(RPCError) {
        var left = most
        do throws(ProtobufError) {
            try count(ProtobufReader(bytes), depth: depth, left: &left)
        } catch {
            // What is malformed is worded by whoever reads it all, which stops at the same place.
        }
        guard left >= 0 else {
            throw RPCError(code: .invalidArgument, message: "the message has more than \(most) fields")
        }
    }

    private static func count(_ lent: ProtobufReader, depth: Int, left: inout Int) throws(ProtobufError) {
        var reader = lent
        while left >= 0, try reader.next() != nil {
            left -= 1
            if depth > 1, reader.wireType == .delimited {
                try count(reader.message(), depth: depth - 1, left: &left)
            } else {
                try reader.skip()
            }
        }
    }
}

/// Reads a message with a list in it, once its shape is checked.
struct ShapedReading<Content: Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Content {
        try bytes.withUnsafeBytes { try WireShape.check($0) }
        return try ProtobufDeserializer<Content>().deserialize(bytes)
    }
}

/// Reads the request of a call that may wait, once its shape is checked. Only what is known of it is kept: the rest, up
/// to 12 MiB, would be for as long as the call waits, counted by nobody.
struct WaitingReading<Content: Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Content {
        let copy = try bytes.withUnsafeBytes { bytes in
            try WireShape.check(bytes)
            return [UInt8](bytes)
        }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            return try Content(serializedBytes: copy, options: options)
        } catch {
            throw RPCError(code: .invalidArgument, message: "the request is not a message of its kind", cause: error)
        }
    }
}
