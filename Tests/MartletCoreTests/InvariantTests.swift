import Testing

@testable import MartletCore

@Suite("The invariants notice what is broken")
struct InvariantTests {
    struct Breach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let make: @Sendable (inout Partition) -> Void

        init(_ name: String, says words: String, _ make: @escaping @Sendable (inout Partition) -> Void) {
            testDescription = name
            self.words = words
            self.make = make
        }
    }

    /// Slots in a partition as `sound` makes it.
    private static let (running, leased, waiting, timed, dead) = (0, 1, 2, 3, 4)

    /// One job that runs in a session, one under a lease, one that waits, one that is scheduled, one that is dead.
    private static func sound() throws -> Partition {
        var harness = Harness { $0.hotKeys = 4 }
        let ids = try harness.submit(
            .plain(bytes: 3), .plain(bytes: 4), .plain(bytes: 5), .plain(start: .after(.seconds(60)), bytes: 6))
        let first = try harness.start()
        try harness.start(session: .second, lease: .seconds(20))
        let dead = try #require(try harness.submit(.plain(priority: 9, bytes: 7)).first)
        let attempt = try #require(try harness.start().first)
        try harness.fail(attempt, isFinal: true)
        var record = Job(
            subject: Subject(id: dead, number: 5, queue: "default"), kind: "work", payload: [1], priority: 9,
            timeout: nil, retry: .standard, traceparent: nil, submittedAt: harness.now, state: .dead)
        record.failures = 1
        harness.partition.beginRead(of: dead)
        #expect(harness.partition.admit(record) == .admitted)
        harness.partition.endRead(of: dead)
        #expect(first.count == 1 && ids.count == 4)
        #expect(harness.partition.checkInvariants() == [])
        return harness.partition
    }

    static let breaches: [Breach] = [
        Breach("a wrong count of what waits", says: "counted as waiting") { $0.waitingCount += 1 },
        Breach("wrong bytes of what waits", says: "bytes are counted as waiting") { $0.waitingBytes += 1 },
        Breach("a wrong count of what runs", says: "counted as running") { $0.runningCount += 1 },
        Breach("wrong bytes of what runs", says: "bytes are counted as running") { $0.runningBytes += 1 },
        Breach("wrong bytes of the dead", says: "bytes are counted as visiting") { $0.visitorBytes += 1 },
        Breach("a wrong count of deadlines", says: "deadlines are counted") { $0.deadlineCount += 1 },
        Breach("a deadline that nobody has", says: "the next deadline is not the earliest") {
            $0.deadlines.add(DeadlineHeap.Entry(time: Timestamp(microseconds: 1), token: FencingToken(99), slot: 1))
        },
        Breach("deadlines that pile up", says: "deadlines are kept") { partition in
            for number in 0..<100 {
                let late = Timestamp(microseconds: .max - Int64(number))
                partition.deadlines.add(DeadlineHeap.Entry(time: late, token: FencingToken(99), slot: 1))
            }
        },
        Breach("a lane's wrong bytes", says: "counts 4 bytes, has 5") { partition in
            partition.queues[1].lane.remove(partition.key(of: partition.slab[waiting].job), bytes: 6)
            partition.queues[1].lane.insert(partition.key(of: partition.slab[waiting].job), slot: waiting, bytes: 5)
        },
        Breach("a job at another's place", says: "stands at") { $0.slab[waiting].job.priority = 1 },
        Breach("a timer in a queue", says: "stands in lane") { partition in
            partition.slab[waiting].job.state = .scheduled
            partition.slab[waiting].job.due = Timestamp(microseconds: 4)
        },
        Breach("a queue's wrong count", says: "are 1 hot and 0 cold") { $0.queues[1].counts.queued += 1 },
        Breach("a count below zero", says: "counts below zero") { $0.queues[1].counts.retrying = -1 },
        Breach("a wrong count of timers", says: "jobs are timed") { $0.queues[1].counts.scheduled += 1 },
        Breach("a queue's wrong running count", says: "a wrong running count") { $0.queues[1].counts.running += 1 },
        Breach("a queue's wrong timed count", says: "a wrong timed count") { $0.queues[1].counts.scheduled -= 1 },
        Breach("a queue without jobs", says: "is kept without jobs") { _ = $0.queues.findOrMake("empty") },
        Breach("cold jobs that are none", says: "has a wrong boundary") { partition in
            partition.queues[1].lane.restore(coldCount: -1)
        },
        Breach("a running job without a lease", says: "a wrong lease") { $0.slab[running].job.lease = nil },
        Breach("a running job in no session", says: "is not in its session") { partition in
            partition.sessions.remove(running, in: &partition.slab)
        },
        Breach("an ended job in memory", says: "ended and is in memory") { $0.slab[dead].job.state = .succeeded },
        Breach("a waiting job in no lane", says: "stand in lanes") { $0.slab[dead].job.state = .queued },
        Breach("an overfull lane", says: "is overfull") { partition in
            for number in 10..<13 {
                let key = LaneKey(rank: 5, number: UInt64(number))
                partition.queues[1].lane.insert(key, slot: waiting, bytes: partition.limits.hotBytesPerLane)
            }
        },
        Breach("too many clients", says: "clients are remembered") { partition in
            var room = partition.limits
            room.clients += 1
            partition.clients = ClientTable(room)
            for number in 0..<room.clients {
                let submission = RememberedSubmission(sequence: 1, time: .distantFuture, seed: 1, count: 1)
                partition.clients.remember(submission, of: ClientID(UInt64(number)), at: .distantFuture)
            }
        },
        Breach("too many keys", says: "keys are in memory") { partition in
            for number in 0..<9 {
                let idempotency = Idempotency(key: "\(number)", fingerprint: 1)
                let id = JobID(high: 1, low: UInt64(number))
                partition.keys.add(RememberedKey(idempotency: idempotency, job: id, expires: .distantFuture))
            }
        },
    ]

    @Test("Each breach is named", arguments: breaches)
    func breach(_ breach: Breach) throws {
        var partition = try Self.sound()
        breach.make(&partition)
        let found = partition.checkInvariants()
        #expect(found.contains { $0.contains(breach.words) }, "\(found)")
    }
}
