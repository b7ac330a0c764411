internal import MartletCore
internal import MartletNode
internal import MartletView
internal import MartletWire

/// The calls of the Jobs service, message in and message out, the same for gRPC and HTTP.
struct JobCalls: Sendable {
    let node: Node
    /// The wall clock, for how long the oldest job of a queue has waited.
    let now: @Sendable () -> Timestamp
    /// A list of a thousand jobs takes megabytes while it is made.
    private let lists = Turnstile(4)

    init(node: Node, now: @escaping @Sendable () -> Timestamp) {
        self.node = node
        self.now = now
    }

    static let longestWait = Duration.seconds(60)
    static let largestPage = 1000
    static let mostWaitedFor = 10_000

    func submit(_ request: Martlet_V1_SubmitRequest) async throws(Problem) -> Martlet_V1_SubmitResponse {
        let stamp = try SubmissionStamp.make(wire: request)
        let ids = try await answer(to: request.specs(), stamp: stamp, inList: true)
        return Martlet_V1_SubmitResponse(ids: ids, sequence: request.sequence)
    }

    /// Submits one job and reads it back. Of one that is kept no longer, though its key is, the id is all there is.
    func submit(alone spec: Martlet_V1_JobSpec) async throws(Problem) -> Martlet_V1_Job {
        let ids = try await answer(to: [JobSpec(wire: spec, place: "")], stamp: nil, inList: false)
        guard let id = ids.first else { throw Problem(.internalError, "the job was not named") }
        do {
            return Martlet_V1_Job(try await node.job(id))
        } catch NodeError.unknownJob {
            var gone = Martlet_V1_Job()
            gone.id = id.description
            return gone
        } catch {
            throw Problem(error)
        }
    }

    private func answer(
        to specs: [JobSpec], stamp: SubmissionStamp?, inList: Bool
    ) async throws(Problem) -> [JobID] {
        do { return try await node.submit(specs, stamp: stamp) } catch { throw Problem(error, inList: inList) }
    }

    /// May wait: whoever calls it cancels the task when nobody is there for the answer.
    func job(_ request: Martlet_V1_GetJobRequest) async throws(Problem) -> Martlet_V1_Job {
        let id = try JobID(wire: request.id, field: "id")
        guard request.hasWait else {
            return Martlet_V1_Job(try await asking { () async throws(NodeError) in try await node.job(id) })
        }
        let wait = try Duration(wire: request.wait, field: "wait")
        guard wait <= Self.longestWait else { throw .invalid("wait", "at most 60 s") }
        return Martlet_V1_Job(
            try await asking { () async throws(NodeError) in try await node.job(id, finishedWithin: wait) })
    }

    /// A page of jobs, made into what the caller answers, aside from the loop: that takes milliseconds.
    func jobs<Answer: Sendable>(
        _ request: Martlet_V1_ListJobsRequest,
        as answer: @escaping @Sendable (Martlet_V1_ListJobsResponse) throws -> Answer
    ) async throws -> Answer {
        let query = try JobQuery(wire: request)
        return try await lists.pass {
            let page = try await asking { () async throws(NodeError) in try await node.jobs(query) }
            return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                var response = Martlet_V1_ListJobsResponse()
                response.jobs = page.jobs.map { Martlet_V1_Job($0, brief: true) }
                if let next = page.next { response.nextPageToken = PageToken(position: next).text }
                return try answer(response)
            }
        }
    }

    func cancel(_ request: Martlet_V1_CancelJobRequest) async throws(Problem) -> Martlet_V1_Job {
        let id = try JobID(wire: request.id, field: "id")
        return Martlet_V1_Job(try await asking { () async throws(NodeError) in try await node.cancel(id) })
    }

    func redrive(_ request: Martlet_V1_RedriveJobRequest) async throws(Problem) -> Martlet_V1_Job {
        let id = try JobID(wire: request.id, field: "id")
        return Martlet_V1_Job(try await asking { () async throws(NodeError) in try await node.redrive(id) })
    }

    func events(
        _ request: Martlet_V1_ListJobEventsRequest
    ) async throws(Problem) -> Martlet_V1_ListJobEventsResponse {
        let id = try JobID(wire: request.id, field: "id")
        let history = try await asking { () async throws(NodeError) in try await node.history(of: id) }
        var response = Martlet_V1_ListJobEventsResponse()
        response.events = history.map { Martlet_V1_JobEvent($0) }
        return response
    }

    func queues() async throws(Problem) -> Martlet_V1_ListQueuesResponse {
        let queues = try await asking { () async throws(NodeError) in try await node.queues() }
        let time = now()
        var response = Martlet_V1_ListQueuesResponse()
        response.queues = queues.map { Martlet_V1_Queue($0.record, workers: $0.workers, now: time) }
        return response
    }

    /// The jobs whose end is asked for.
    func waited(for request: Martlet_V1_WaitJobsRequest) throws(Problem) -> [JobID] {
        guard request.ids.count <= Self.mostWaitedFor else {
            throw .invalid("ids", "at most \(Self.mostWaitedFor)")
        }
        var ids: [JobID] = []
        ids.reserveCapacity(request.ids.count)
        for (index, id) in request.ids.enumerated() { ids.append(try JobID(wire: id, field: "ids[\(index)]")) }
        return ids
    }
}

/// Asks the node, and puts its refusal into the gateway's words.
func asking<Answer>(_ question: () async throws(NodeError) -> Answer) async throws(Problem) -> Answer {
    do { return try await question() } catch { throw Problem(error) }
}

extension Martlet_V1_SubmitResponse {
    init(ids: [JobID], sequence: UInt64) {
        self.init()
        self.sequence = sequence
        jobIds = ids.map(\.description)
    }

    init(refused problem: Problem, sequence: UInt64) {
        self.init()
        self.sequence = sequence
        refusal = Martlet_V1_Refusal(problem)
    }
}

extension JobQuery {
    init(wire: Martlet_V1_ListJobsRequest) throws(Problem) {
        guard wire.pageSize <= JobCalls.largestPage else {
            throw .invalid("page_size", "from 1 to \(JobCalls.largestPage)")
        }
        self.init(
            queue: wire.queue.isEmpty ? nil : wire.queue, kind: wire.kind.isEmpty ? nil : wire.kind,
            state: try JobState.make(wire: wire.state, field: "state"),
            submittedAfter: wire.hasSubmittedAfter
                ? try Timestamp(wire: wire.submittedAfter, field: "submitted_after") : nil,
            submittedBefore: wire.hasSubmittedBefore
                ? try Timestamp(wire: wire.submittedBefore, field: "submitted_before") : nil,
            limit: wire.pageSize == 0 ? 100 : Int(wire.pageSize),
            after: wire.pageToken.isEmpty ? nil : try PageToken(wire: wire.pageToken, field: "page_token").position)
    }
}
