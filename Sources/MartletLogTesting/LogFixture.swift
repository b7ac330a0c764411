public import MartletLog

/// How the laws get at the log under test. One fixture is one log: new and empty when it is first opened.
public protocol LogFixture: Sendable {
    /// Opens the log, of partition `LogConformance.partition`; the same one each time.
    func open() async throws -> any EventLog

    /// Opens the log again as a process finds it whose predecessor was killed, holding `log` open.
    func openAfterCrash(of log: any EventLog) async throws -> any EventLog

    /// Several handles on the log, as several nodes would have. An engine for one process gives the same handle
    /// to all.
    func openHandles(_ count: Int) async throws -> [any EventLog]
}

extension LogFixture {
    public func openHandles(_ count: Int) async throws -> [any EventLog] {
        let log = try await open()
        return Array(repeating: log, count: count)
    }
}

/// A law that a log did not keep.
public struct LawBroken: Error, CustomStringConvertible {
    public let description: String
}

/// Throws with `what` the law demands unless it is so.
func demand(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw LawBroken(description: "not so: \(what())") }
}

/// Runs `body` and returns the error it must throw.
func refusal<Value>(of what: String, _ body: () async throws(LogError) -> Value) async throws -> LogError {
    let value: Value
    do throws(LogError) {
        value = try await body()
    } catch {
        return error
    }
    throw LawBroken(description: "not refused: \(what) gave \(value)")
}
