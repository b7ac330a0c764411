/// A decoder, and what must hold whatever bytes it is given.
struct FuzzTarget: Sendable, CustomStringConvertible {
    let name: String
    /// Longer inputs tell nothing new, and cost time.
    let longest: Int
    /// Real encodings, from which the search starts.
    let seeds: @Sendable () -> [[UInt8]]
    /// Returns when all holds, whether or not the bytes were refused.
    let check: @Sendable (UnsafeRawBufferPointer) throws -> Void

    init(
        _ name: String, longest: Int = 2048, seeds: @escaping @Sendable () -> [[UInt8]],
        check: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) {
        self.name = name
        self.longest = longest
        self.seeds = seeds
        self.check = check
    }

    var description: String { name }

    static let all: [FuzzTarget] = [
        .httpBody, .httpHead, .submission, .report, .attempts, .protobuf, .entry, .recovery, .chain, .mark, .columns,
        .rows, .answers, .session, .payload, .jobLine, .settings, .texts, .arguments, .frames, .messages, .fieldLists,
    ]
}

/// Something that must hold does not.
struct Finding: Error, CustomStringConvertible {
    var description: String
}

/// Ends the run with `words` unless it holds.
func hold(_ holds: Bool, _ words: @autoclosure () -> String) throws {
    guard holds else { throw Finding(description: words()) }
}

/// Two ways to one value.
func hold<Value: Equatable>(_ left: Value, is right: Value, _ words: @autoclosure () -> String) throws {
    guard left == right else { throw Finding(description: "\(words()): \(left) is not \(right)") }
}
