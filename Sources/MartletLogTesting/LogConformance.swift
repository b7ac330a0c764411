internal import MartletLog

/// The definition of a log: whatever keeps these laws is one.
///
/// An adapter's tests run each law over a fixture of their own, in one parameterised test:
///
///     @Test("The log keeps the law:", arguments: LogConformance.laws)
///     func keeps(_ law: LogLaw) async throws { try await law.hold(MyFixture()) }
public struct LogConformance: Sendable {
    /// The partition of each log under test.
    public static let partition: UInt32 = 7

    let fixture: any LogFixture

    public init(_ fixture: some LogFixture) {
        self.fixture = fixture
    }

    public static let laws: [LogLaw] = [
        LogLaw("A new log has an empty head and nothing to read") { try await $0.newLogIsEmpty() },
        LogLaw("What is appended is read, in order and unchanged") { try await $0.appendedIsRead() },
        LogLaw("A read stops at its bound of bytes, but gives one entry at least") { try await $0.readIsBounded() },
        LogLaw("Of eight writers one wins each position, and the others are fenced by it") { try await $0.oneWins() },
        LogLaw("An unknown outcome is settled by reading the nonce back") { try await $0.nonceTells() },
        LogLaw("A gap and a foreign chain are refused and change nothing") { try await $0.foreignIsFenced() },
        LogLaw("Neither epoch nor time falls") { try await $0.nothingFalls() },
        LogLaw("A log closed and opened again is the same") { try await $0.closingKeeps() },
        LogLaw("A log opened after a crash is the same") { try await $0.crashKeeps() },
        LogLaw("The newest checkpoint is kept, whole") { try await $0.newestCheckpointStays() },
        LogLaw("A checkpoint that the log does not have is refused") { try await $0.strangeCheckpointIsRefused() },
        LogLaw("Only what a checkpoint covers is forgotten") { try await $0.forgettingNeedsCheckpoint() },
        LogLaw("The head survives when all is forgotten") { try await $0.headSurvives() },
        LogLaw("What is kept beyond a bound is told, after a crash too, and forgotten in steps") {
            try await $0.excessIsForgotten()
        },
        LogLaw("A closed log refuses everything") { try await $0.closedRefuses() },
        LogLaw("A body of 8 MiB is kept as a body of none") { try await $0.sizesAreKept() },
    ]
}

/// One law, to be the argument of a parameterised test.
public struct LogLaw: Sendable, CustomStringConvertible {
    public let description: String
    private let proof: @Sendable (LogConformance) async throws -> Void

    init(_ sentence: String, _ proof: @escaping @Sendable (LogConformance) async throws -> Void) {
        description = sentence
        self.proof = proof
    }

    /// - Throws: `LawBroken`, or what the log threw, when the log does not keep the law.
    public func hold(_ fixture: some LogFixture) async throws {
        try await proof(LogConformance(fixture))
    }
}
