import Testing

@testable import MartletCore

@Suite("Tables of a partition")
struct TableTests {
    private static func key(_ number: Int, expires: Int64) -> RememberedKey {
        RememberedKey(
            idempotency: Idempotency(key: "k\(number)", fingerprint: UInt64(number)),
            job: JobID(high: 1, low: UInt64(number)), expires: Timestamp(microseconds: expires))
    }

    private static let start = Timestamp(microseconds: 0)

    @Test("Deadlines that are over leave the heap once they are more than half of it")
    func deadlines() {
        var heap = DeadlineHeap()
        for number in 1...300 {
            let time = Timestamp(microseconds: Int64(number * 7919 % 300))
            heap.add(DeadlineHeap.Entry(time: time, token: FencingToken(UInt64(number)), slot: number))
        }
        let living = (1...300).filter { $0 % 20 == 0 }
        heap.prune(living: living.count) { $0.slot % 20 == 0 }
        #expect(heap.count == living.count)
        #expect(heap.due(by: .distantFuture).map(\.slot).sorted() == living)
        #expect(heap.next?.microseconds == living.map { Int64($0 * 7919 % 300) }.min())
    }

    @Test("Thousands of keys turn cold in their order, and the newest stay")
    func keysTurnCold() {
        var limits = Limits()
        limits.hotKeys = 100
        var table = KeyTable(limits)
        for number in 1...5000 {
            table.add(Self.key(number, expires: Int64(10_000 + number)))
            table.evict()
        }
        #expect(table.recentCount == 100 && table.coldCount == 4900)
        #expect(!table.holds("k4900") && table.find("k4901", at: Self.start)?.job == JobID(high: 1, low: 4901))
        // The last cold key has expired: nothing cold is left to ask for.
        table.expire(at: Timestamp(microseconds: 14_900))
        #expect(table.coldCount == 0 && table.holds("k4901"))
    }

    @Test("After a restart cold keys are looked for until the last expires, which may be after all that are in memory")
    func coldKeysOutliveHotOnes() {
        var table = KeyTable(Limits())
        let until = Timestamp(microseconds: 100)

        table.restore([Self.key(2, expires: 20), Self.key(3, expires: 10)], coldCount: 1, until: until)

        table.expire(at: Timestamp(microseconds: 99))
        #expect(table.coldCount == 1 && table.recentCount == 0)
        table.expire(at: until)
        #expect(table.coldCount == 0)
    }

    @Test("A key that expires before an older one is free from then on, and taken out with the older one")
    func expiresBeforeAnOlderOne() {
        var table = KeyTable(Limits())
        table.add(Self.key(1, expires: 100))
        table.add(Self.key(2, expires: 10))

        let later = Timestamp(microseconds: 50)
        table.expire(at: later)
        #expect(table.find("k1", at: later) == Self.key(1, expires: 100))
        #expect(table.find("k2", at: later) == nil)

        // Used anew, it does not go when its first use is taken out.
        table.add(Self.key(2, expires: 150))
        let last = Timestamp(microseconds: 120)
        table.expire(at: last)
        #expect(table.find("k2", at: last) == Self.key(2, expires: 150))
        #expect(table.recentCount == 1 && table.count == 1)
    }

    @Test("Keys that are brought in by name give way to later ones, and to time")
    func guests() {
        var limits = Limits()
        (limits.hotKeys, limits.jobsPerSubmission) = (2, 3)
        var table = KeyTable(limits)
        table.admit((1...5).map { Self.key($0, expires: Int64($0)) })
        #expect((1...5).filter { table.holds("k\($0)") } == [3, 4, 5])
        // An older memory of a key changes nothing.
        table.admit([Self.key(5, expires: 2)])
        #expect(table.find("k5", at: Self.start)?.expires == Timestamp(microseconds: 5))
        table.expire(at: Timestamp(microseconds: 4))
        #expect((1...5).filter { table.holds("k\($0)") } == [5])
    }

    @Test("A record that cannot be of a cold job is not taken in")
    func oldRecords() throws {
        var harness = Harness { $0.hotJobsPerLane = 2 }
        try harness.submit(.plain(), .plain(), .plain(), .plain())
        let elsewhere = Subject(id: JobID(high: 9, low: 9), number: 1, queue: "elsewhere")
        let before = Subject(id: JobID(high: 9, low: 8), number: 1, queue: "default")
        for subject in [elsewhere, before] {
            let record = Job(
                subject: subject, kind: "k", payload: [], priority: 5, timeout: nil, retry: .standard,
                traceparent: nil, submittedAt: harness.now, state: .queued)
            #expect(harness.partition.admit(record) == .departed)
        }
        #expect(harness.partition.checkInvariants() == [])
    }

    @Test("A dead job leaves memory with the command that it came for, unless that brought it back to life")
    func visitors() throws {
        var harness = Harness()
        let subject = Subject(id: JobID(high: 9, low: 1), number: 1, queue: "q")
        let record = Job(
            subject: subject, kind: "k", payload: [1], priority: 5, timeout: nil, retry: .standard, traceparent: nil,
            submittedAt: harness.now, state: .dead)
        #expect(harness.partition.admit(record) == .admitted)
        #expect(harness.refusal(of: .cancel(subject.id)) == .wrongState(subject.id, .dead))
        harness.partition.dismiss(subject.id)
        #expect(harness.partition.hotJobCount == 0 && harness.partition.hotByteCount == 0)

        #expect(harness.partition.admit(record) == .admitted)
        try harness.perform(.redrive(subject.id))
        harness.partition.dismiss(subject.id)
        #expect(harness.partition.job(subject.id)?.state == .queued)
        #expect(harness.partition.checkInvariants() == [])
    }

    @Test("A dead job is not redriven into one queue too many")
    func noRoomForAQueue() throws {
        var harness = Harness { $0.queues = 1 }
        try harness.submit(.plain())
        let dead = Subject(id: JobID(high: 9, low: 9), number: 1, queue: "another")
        let record = Job(
            subject: dead, kind: "k", payload: [], priority: 5, timeout: nil, retry: .standard, traceparent: nil,
            submittedAt: harness.now, state: .dead)
        #expect(harness.partition.admit(record) == .admitted)
        #expect(harness.refusal(of: .redrive(dead.id)) == .exhausted(what: "queues", limit: 1))
    }

    @Test("Only what waits has a place in a lane")
    func places() {
        func job(_ state: JobState, due: Timestamp? = nil) -> Job {
            Job(
                subject: Subject(id: JobID(high: 1, low: 1), number: 4, queue: "q"), kind: "k", payload: [],
                priority: 7,
                timeout: nil, retry: .standard, traceparent: nil, submittedAt: Self.start, state: state, due: due)
        }
        #expect(LaneKey(of: job(.queued)) == LaneKey(rank: 2, number: 4))
        #expect(LaneKey(of: job(.retrying, due: Timestamp(microseconds: -3))) == LaneKey(rank: 0, number: 4))
        #expect(LaneKey(of: job(.scheduled)) == nil)
        for state in [JobState.running, .succeeded, .dead, .cancelled] { #expect(LaneKey(of: job(state)) == nil) }
    }
}
