import Testing

@testable import MartletCore

@Suite("Structures and arithmetic")
struct StructureTests {
    @Test("A lane's order agrees with a sorted array", arguments: 1...8)
    func laneOrderIsSorted(seed: UInt64) {
        var draws = Draws(state: seed)
        var order = LaneOrder()
        var twin: [LaneKey] = []
        for step in 0..<4000 {
            // Grows for a while, shrinks for a while.
            let grows = step / 700 % 2 == 0
            if twin.isEmpty || draws.below(10) < (grows ? 8 : 2) {
                let number = draws.happens(oneIn: 3) ? draws.below(5000) : 5000 + step
                let key = LaneKey(rank: UInt64(draws.below(3)), number: UInt64(number))
                guard !twin.contains(key) else { continue }
                order.insert(key, slot: number)
                twin.insert(key, at: twin.firstIndex { $0 > key } ?? twin.endIndex)
            } else {
                let index = draws.happens(oneIn: 2) ? 0 : draws.below(twin.count)
                order.remove(twin.remove(at: index))
            }
            #expect(order.count == twin.count)
            #expect(order.first == twin.first)
            #expect(order.last == twin.last)
            guard step % 50 == 0 else { continue }
            #expect(order.map(\.key) == twin)
            let bound = LaneKey(rank: UInt64(draws.below(4)), number: UInt64(draws.below(9000)))
            #expect(order.count(below: bound) == twin.count { $0 < bound })
        }
    }

    @Test("The backoff's ceiling doubles up to its maximum and never overflows")
    func ceilingDoubles() {
        let policy = RetryPolicy(attempts: 1000, initialBackoff: .seconds(1), maxBackoff: .seconds(3600))
        let ceilings = [1, 2, 3, 12, 13, 64, 1000].map { Backoff.ceiling(after: $0, policy: policy) / 1_000_000 }
        #expect(ceilings == [1, 2, 4, 2048, 3600, 3600, 3600])
        let none = RetryPolicy(attempts: 3, initialBackoff: .zero, maxBackoff: .seconds(3600))
        #expect(Backoff.wait(after: 900, policy: none, seed: 3) == .zero)
    }

    @Test("The jitter is full: waits spread from near zero to near the ceiling")
    func jitterIsFull() {
        let policy = RetryPolicy(attempts: 9, initialBackoff: .seconds(1), maxBackoff: .seconds(1))
        let waits = (0..<2000).map { Backoff.wait(after: 1, policy: policy, seed: $0) }
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= .seconds(1) })
        #expect(waits.count { $0 < .milliseconds(100) } > 140)
        #expect(waits.count { $0 > .milliseconds(900) } > 140)
    }

    @Test("A fingerprint is the same in every release")
    func fingerprintIsStable() {
        let spec = JobSpec(kind: "send-email", payload: [1, 2, 3], idempotencyKey: "order-1")
        #expect(Fingerprint.of(spec) == 14_046_982_628_051_800_142)
        #expect(Fingerprint.of(spec.with { $0.idempotencyKey = nil }) != Fingerprint.of(spec))
    }

    @Test("A key's successor is the smallest behind it")
    func keySuccessor() {
        #expect(LaneKey(rank: 1, number: 2).next == LaneKey(rank: 1, number: 3))
        #expect(LaneKey(rank: 1, number: .max).next == LaneKey(rank: 2, number: 0))
    }
}
