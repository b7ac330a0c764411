import MartletCore

@testable import MartletView

extension FuzzTarget {
    /// The packed columns of the view's rows. The first byte says which.
    static let columns = FuzzTarget("columns", longest: 1024) {
        Samples.columns
    } check: { input in
        var supply = Supply(input)
        let check = packed[supply.below(packed.count)]
        do {
            try check(supply.rest())
        } catch is MalformedBytes {
            return
        }
    }

    private static let packed: [@Sendable (UnsafeRawBufferPointer) throws -> Void] = [
        { try history($0) },
        { try same($0, PackedColumns.encode(try PackedColumns.decodePolicy($0)) ?? []) },
        { try same($0, PackedColumns.encode(try PackedColumns.decodeFailure($0))) },
        { try same($0, PackedColumns.encode(try PackedColumns.decodeHold($0))) },
        { try same($0, PackedColumns.encode(try PackedColumns.decodeSubmissions($0))) },
        { bytes in
            let (high, low) = try PackedColumns.decodeHalves(bytes)
            try same(bytes, PackedColumns.encode(high: high, low: low))
        },
    ]

    /// Only what was written is read: there is one way to write a value.
    private static func same(_ bytes: UnsafeRawBufferPointer, _ written: [UInt8]) throws {
        try hold([UInt8](bytes), is: written, "bytes read and written")
    }

    /// Trimming cuts messages and spells attempts out, and changes nothing the second time.
    private static func history(_ bytes: UnsafeRawBufferPointer) throws {
        let events = try History.decode(bytes)
        let trimmed = try History.trimmed(bytes)
        do {
            let read = try trimmed.withUnsafeBytes(History.decode)
            try hold(read.map(\.time), is: events.map(\.time), "the times of a trimmed history")
            try hold(read.map(\.attempt), is: events.map(\.attempt), "the attempts of a trimmed history")
            try hold(try trimmed.withUnsafeBytes(History.trimmed), is: trimmed, "a history trimmed twice")
        } catch let error as MalformedBytes {
            throw Finding(description: "what was written cannot be read: \(error)")
        }
    }
}
