internal import MartletWire

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension MartletClient {
    /// What the job's handler returned, once it did.
    ///
    /// Throws `JobFailedError` if the job is dead or cancelled, `MartletError.Code.deadlineExceeded` if it is not final
    /// `within` the time, and `unavailable` if the server cannot be reached for `ClientOptions.patience`.
    public func result<J: JobDefinition>(
        of handle: JobHandle, as: J.Type, within: Duration? = nil
    ) async throws -> J.Output {
        let deadline = within.map { ContinuousClock.now + $0 }
        while true {
            let left = deadline.map { $0 - ContinuousClock.now } ?? Self.longestWait
            let wait = max(.zero, min(left, Self.longestWait))
            let job = try await patiently { isRepeated in
                try await self.job(handle.id, wait: isRepeated ? Duration.zero : wait)
            }
            guard job.state.isFinal else {
                if let deadline, ContinuousClock.now >= deadline {
                    throw MartletError(.deadlineExceeded, "job \(handle.id) is \(job.state.rawValue) still")
                }
                continue
            }
            guard job.state == .succeeded else {
                throw JobFailedError(jobID: job.id, state: job.state, failure: job.failure)
            }
            return try JSON.decode(J.Output.self, from: Data(job.result))
        }
    }

    /// The final jobs of those named, in the order in which they end, each once. Ends after the last.
    ///
    /// Fails at once if a job is not known. A lost connection is repaired within `ClientOptions.patience`. Whoever
    /// stops reading ends the watch.
    public func wait(for handles: [JobHandle]) -> AsyncThrowingStream<JobSnapshot, any Error> {
        // In lower case, as the server answers: a job that is named in both cases is one job.
        let ids = Set(handles.map { $0.id.lowercased() })
        return AsyncThrowingStream { continuation in
            let watch = Task {
                do {
                    try await self.watch(Array(ids)) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: MartletError.translated(error))
                }
            }
            continuation.onTermination = { _ in watch.cancel() }
        }
    }

    private func watch(_ ids: [String], _ ended: @escaping @Sendable (JobSnapshot) -> Void) async throws {
        let connection = try connection
        let patience = options.patience
        try await withTaskExecutorPreference(connection.executor) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for first in stride(from: 0, to: ids.count, by: Self.idsPerWatch) {
                    let part = Set(ids[first..<min(first + Self.idsPerWatch, ids.count)])
                    group.addTask {
                        var watch = Watch(waiting: part, patience: patience)
                        try await watch.run(over: connection, ended)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Repeats a call that only reads while the server cannot be reached, for as long as the client is patient.
    ///
    /// The first call may wait for the job, and that time is no absence of the server. A repeated call is to be answered
    /// at once, so that all of its time is.
    private func patiently<R>(_ body: (_ isRepeated: Bool) async throws -> R) async throws -> R {
        var patience = Patience(options.patience)
        var isRepeated = false
        while true {
            do {
                return try await body(isRepeated)
            } catch let error as MartletError {
                guard let wait = patience.wait(after: error, at: .now) else { throw error }
                try await connection.pause(for: wait)
            }
            isRepeated = true
        }
    }

    /// Under the server's limit of 60 s.
    private static let longestWait = Duration.seconds(30)
    private static let idsPerWatch = 10_000
}

extension MartletError {
    /// Nothing was done, and the next time it may be.
    var isWorthRepeating: Bool {
        code == .unavailable || code == .resourceExhausted
    }
}
