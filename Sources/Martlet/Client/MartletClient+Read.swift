internal import GRPCCore
internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.Date
#else
    public import struct Foundation.Date
#endif

extension MartletClient {
    /// The job as it stands; with `wait`, once it is final or when the wait, at most 60 s, is over.
    public func job(_ id: String, wait: Duration? = nil) async throws -> JobSnapshot {
        var request = Martlet_V1_GetJobRequest()
        request.id = id
        if let wait { request.wait = Google_Protobuf_Duration(wait) }
        return try await call { [request] in try JobSnapshot(try await $0.getJob(request, options: $1)) }
    }

    /// A page of jobs, newest first, without payload and result. A filter that is nil lets everything through.
    ///
    /// - Parameters:
    ///   - pageSize: 1 to 1000; the server's default is 100.
    ///   - pageToken: `nextPageToken` of the page before.
    public func jobs(
        queue: String? = nil,
        kind: String? = nil,
        state: JobState? = nil,
        submittedAfter: Date? = nil,
        submittedBefore: Date? = nil,
        pageSize: Int? = nil,
        pageToken: String? = nil
    ) async throws -> JobPage {
        var request = Martlet_V1_ListJobsRequest()
        if let queue { request.queue = queue }
        if let kind { request.kind = kind }
        if let state { request.state = Martlet_V1_JobState(state) }
        if let submittedAfter { request.submittedAfter = Google_Protobuf_Timestamp(date: submittedAfter) }
        if let submittedBefore { request.submittedBefore = Google_Protobuf_Timestamp(date: submittedBefore) }
        if let pageSize { request.pageSize = UInt32(clamping: pageSize) }
        if let pageToken { request.pageToken = pageToken }
        return try await call { [request] in
            let response = try await $0.listJobs(request, options: $1)
            return JobPage(
                jobs: try response.jobs.map { try JobSnapshot($0) }, nextPageToken: response.nextPageToken.nonEmpty)
        }
    }

    /// Ends a job that is not final, wherever it stands; its handler, if one runs, is cancelled.
    public func cancel(_ id: String) async throws -> JobSnapshot {
        let request = Martlet_V1_CancelJobRequest.with { $0.id = id }
        return try await call { try JobSnapshot(try await $0.cancelJob(request, options: $1)) }
    }

    /// Puts a dead job back in its queue, its attempts counted afresh.
    public func redrive(_ id: String) async throws -> JobSnapshot {
        let request = Martlet_V1_RedriveJobRequest.with { $0.id = id }
        return try await call { try JobSnapshot(try await $0.redriveJob(request, options: $1)) }
    }

    /// Everything that happened to a job, oldest first.
    public func events(of id: String) async throws -> [JobEvent] {
        let request = Martlet_V1_ListJobEventsRequest.with { $0.id = id }
        return try await call {
            try await $0.listJobEvents(request, options: $1).events.map { try JobEvent($0) }
        }
    }

    public func queues() async throws -> [QueueSnapshot] {
        try await call {
            try await $0.listQueues(Martlet_V1_ListQueuesRequest(), options: $1).queues.map { QueueSnapshot($0) }
        }
    }

    public func workers() async throws -> [WorkerSnapshot] {
        let connection = try connection
        return try await Self.translating {
            try await withTaskExecutorPreference(connection.executor) {
                try await connection.work.listWorkers(Martlet_V1_ListWorkersRequest(), options: Connection.options())
                    .workers.map { WorkerSnapshot($0) }
            }
        }
    }

    /// Runs a call on the connection's loop, its errors in the SDK's words.
    func call<R: Sendable>(
        _ body: @Sendable (Martlet_V1_Jobs.Client<Connection.Transport>, CallOptions) async throws -> R
    ) async throws -> R {
        let connection = try connection
        return try await Self.translating {
            try await withTaskExecutorPreference(connection.executor) {
                try await body(connection.jobs, Connection.options())
            }
        }
    }

    static func translating<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            throw MartletError.translated(error)
        }
    }
}
