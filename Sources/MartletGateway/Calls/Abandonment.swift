/// Runs `body`, and cancels it once one of `departures` returns: a peer that went away, a server that goes down.
///
/// What `body` then returns or throws is the answer. A long call that nobody waits for must not go on: a lease would be
/// handed to no one.
func abandoning<Answer: Sendable>(
    when departures: [@Sendable () async -> Void], _ body: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    try await withThrowingTaskGroup(of: Answer?.self) { group in
        group.addTask { try await body() }
        for departure in departures {
            group.addTask {
                await departure()
                return nil
            }
        }
        while let finished = try await group.next() {
            group.cancelAll()
            if let finished { return finished }
        }
        throw CancellationError()
    }
}
