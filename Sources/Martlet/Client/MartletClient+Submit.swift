internal import MartletWire

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension MartletClient {
    /// Submits one job: durable when this returns.
    ///
    /// Jobs submitted at the same time by several tasks travel together, and a lost connection is repaired and the
    /// jobs sent again, recognised by the server if they had arrived. A task that is cancelled stops waiting; its job
    /// may be submitted all the same.
    ///
    /// Throws `MartletError`: `outcomeUnknown` if the answer was lost for good or the server could not tell,
    /// `unavailable` or `resourceExhausted` if the job was certainly not submitted within `ClientOptions.patience`.
    public func submit<J: JobDefinition>(_ job: J, _ options: JobOptions = .standard) async throws -> JobHandle {
        let ids = try await submitter.submit(1) {
            [try Martlet_V1_JobSpec(kind: J.kind, payload: JSON.encode(job), options: options)]
        }
        guard let id = ids.first else { throw MartletError(.internalError, "the server answered without an id") }
        return JobHandle(id: id)
    }

    /// Submits all of the jobs or none, in one request: at most 10,000 of them and 8 MiB.
    ///
    /// Handles come in the order of `jobs`; errors name the job at fault in `MartletError.field`.
    public func submit<J: JobDefinition>(
        _ jobs: [J], _ options: JobOptions = .standard
    ) async throws -> [JobHandle] {
        guard !jobs.isEmpty else { return [] }
        let ids = try await submitter.submit(jobs.count) {
            try jobs.map { try Martlet_V1_JobSpec(kind: J.kind, payload: JSON.encode($0), options: options) }
        }
        return ids.map { JobHandle(id: $0) }
    }

    /// Submits all of the jobs or none, in one request that is never split: at most 10,000 of them and 8 MiB.
    public func submit(_ jobs: [RawJob]) async throws -> [JobHandle] {
        guard !jobs.isEmpty else { return [] }
        let ids = try await submitter.submit(jobs.count) {
            try jobs.map { try Martlet_V1_JobSpec(kind: $0.kind, payload: Data($0.payload), options: $0.options) }
        }
        return ids.map { JobHandle(id: $0) }
    }
}
