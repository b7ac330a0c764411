import MartletCore

@testable import MartletNode

/// What becomes of jobs that the gateway let through: refused by the partition, or events that are written, read, and
/// applied, and leave it sound.
enum Course {
    private static let now = Timestamp(microseconds: 1_790_000_000_000_000)

    static func run(_ specs: [JobSpec], stamp: SubmissionStamp?) throws {
        var limits = Limits()
        limits.hotJobsPerLane = 2
        var partition = Partition(limits: limits)
        let submission = Command.Submission(jobs: specs, stamp: stamp, seed: 7)
        var events: [Event] = []
        let answer: Answer
        do {
            answer = try partition.decide(.submit(submission), at: now, into: &events)
        } catch {
            return try hold(events.isEmpty, "refused, with events: \(error)")
        }
        let body = EntryCodec.encode(events, sizeHint: 256)
        do {
            try hold(try EntryCodec.decode(body), is: events, "events written and read")
        } catch let error as CodecError {
            throw Finding(description: "what was decided cannot be read: \(error)")
        }
        for event in events { partition.apply(event, at: now) }
        try hold(partition.checkInvariants(), is: [], "the partition")
        guard stamp != nil else { return }
        var repeated: [Event] = []
        do {
            try hold(
                try partition.decide(.submit(submission), at: now, into: &repeated), is: answer, "the answer again")
        } catch {
            throw Finding(description: "the same again is refused: \(error)")
        }
        try hold(repeated, is: [], "the events of the same again")
    }
}
