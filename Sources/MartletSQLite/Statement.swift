internal import CSQLite

/// A compiled statement with its bindings. Parameters are counted from 1, columns from 0, as in SQLite.
public final class Statement {
    private let handle: OpaquePointer
    private let database: Database
    private let sql: String

    init(_ handle: OpaquePointer, of database: Database, sql: String) {
        self.handle = handle
        self.database = database
        self.sql = sql
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Runs to the next row. False at the end, after which the statement is ready to be bound and run again.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        case let code:
            let error = database.error(code, sql)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement that returns no row.
    public func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Makes the statement ready again before it has run to its end.
    public func reset() {
        sqlite3_reset(handle)
    }

    /// Drops what is bound: blobs that were lent are no longer referred to.
    public func clearBindings() {
        sqlite3_clear_bindings(handle)
    }
}

// Bindings fail only for an index out of range, which is a mistake of the programmer, or out of memory.
extension Statement {
    public func bind(_ value: Int64, at index: Int32) {
        check(sqlite3_bind_int64(handle, index, value))
    }

    /// Stored by its bits: values above `Int64.max` come back through `uint64(at:)` unchanged.
    public func bind(_ value: UInt64, at index: Int32) {
        check(sqlite3_bind_int64(handle, index, Int64(bitPattern: value)))
    }

    public func bind(_ value: Int, at index: Int32) {
        check(sqlite3_bind_int64(handle, index, Int64(value)))
    }

    public func bind(_ value: Int64?, at index: Int32) {
        if let value { bind(value, at: index) } else { bindNull(at: index) }
    }

    public func bind(_ text: String, at index: Int32) {
        var text = text
        check(
            text.withUTF8 {
                sqlite3_bind_text64(handle, index, $0.baseAddress, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
            })
    }

    public func bind(_ text: String?, at index: Int32) {
        if let text { bind(text, at: index) } else { bindNull(at: index) }
    }

    /// Copies the bytes.
    public func bind(_ bytes: [UInt8], at index: Int32) {
        bytes.withUnsafeBytes { bind($0, at: index) }
    }

    /// Copies the bytes.
    public func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        // An empty buffer may have no address, and SQLite reads no address as NULL.
        guard let address = bytes.baseAddress, !bytes.isEmpty else {
            check(sqlite3_bind_zeroblob(handle, index, 0))
            return
        }
        check(sqlite3_bind_blob64(handle, index, address, UInt64(bytes.count), transient))
    }

    /// Copies the bytes; nil is NULL.
    public func bind(_ bytes: [UInt8]?, at index: Int32) {
        if let bytes { bind(bytes, at: index) } else { bindNull(at: index) }
    }

    /// A blob of 16 bytes, big-endian: an identifier that sorts as its halves do.
    public func bind(high: UInt64, low: UInt64, at index: Int32) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bind($0, at: index) }
    }

    public func bindNull(at index: Int32) {
        check(sqlite3_bind_null(handle, index))
    }

    private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func check(_ code: Int32) {
        precondition(code == SQLITE_OK, "binding failed with \(code) in: \(sql)")
    }
}

extension Statement {
    public func isNull(at column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    public func int64(at column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    public func uint64(at column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }

    public func optionalInt64(at column: Int32) -> Int64? { isNull(at: column) ? nil : int64(at: column) }

    public func text(at column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    public func optionalText(at column: Int32) -> String? { isNull(at: column) ? nil : text(at: column) }

    public func bytes(at column: Int32) -> [UInt8] {
        withBytes(at: column) { [UInt8]($0) }
    }

    public func optionalBytes(at column: Int32) -> [UInt8]? { isNull(at: column) ? nil : bytes(at: column) }

    /// Lends the bytes of a column; valid until the next step.
    public func withBytes<Value, Failure: Error>(
        at column: Int32, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = sqlite3_column_blob(handle, column)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
