import Testing

@testable import Martlet

@Suite("Room for unanswered jobs")
struct RoomTests {
    @Test("Who comes when it is full waits, and comes in when there is room, in order")
    func fullRoomKeepsALine() {
        var room = Room(jobs: 10, bytes: 100)
        let first = room.enter(jobs: 8)
        let second = room.enter(jobs: 3)
        room.queue(2, jobs: 3)
        let third = room.enter(jobs: 1)
        room.queue(3, jobs: 1)

        let admitted = room.leave(jobs: 8, bytes: 0)

        #expect((first, second, third) == (true, false, false), "the third would fit, but others wait")
        #expect(admitted == [2, 3])
    }

    @Test("Bytes count once they are known")
    func bytesCount() {
        var room = Room(jobs: 10, bytes: 100)
        _ = room.enter(jobs: 1)
        room.hold(bytes: 100)

        let whileFull = room.enter(jobs: 1)
        _ = room.leave(jobs: 1, bytes: 100)

        let after = room.enter(jobs: 1)

        #expect((whileFull, after) == (false, true))
    }

    @Test("More than the room holds comes in alone")
    func oversizeComesInAlone() {
        var room = Room(jobs: 10, bytes: 100)

        let alone = room.enter(jobs: 11)
        let beside = room.enter(jobs: 1)

        #expect((alone, beside) == (true, false))
    }

    @Test("Who gives up leaves the line to the others")
    func givingUpLeavesTheLine() {
        var room = Room(jobs: 10, bytes: 100)
        _ = room.enter(jobs: 5)
        room.queue(2, jobs: 9)
        room.queue(3, jobs: 5)

        let admitted = room.giveUp(2)

        #expect(admitted == [3])
    }
}

@Suite("Waits between connections")
struct BackoffTests {
    @Test("They double up to 2 s, are shortened by at most half, and start again after a reset")
    func waitsGrow() {
        var backoff = Backoff()

        let ceilings: [Duration] = [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) }
        for ceiling in ceilings {
            let wait = backoff.next()
            #expect(wait <= ceiling && wait >= ceiling / 2)
        }
        backoff.reset()
        let again = backoff.next()
        #expect(again <= Backoff.initial)
    }
}

@Suite("Texts")
struct TextTests {
    @Test("A message is cut at the limit, between characters")
    func messagesAreCut() {
        #expect("abc".cut(toBytes: 3) == "abc")
        #expect("abcd".cut(toBytes: 3) == "abc")
        #expect("abé".cut(toBytes: 3) == "ab")
    }
}
