import MartletLog
import MartletLogTesting
import Testing

@Suite("The verifier of the chain")
struct LogVerifierTests {
    private let first = Chain(partition: 7).entry(epoch: 3, time: 50)

    /// What the verifier says to `entry` after a sound first one.
    private func verdict(on entry: Entry) -> LogError? {
        var verifier = LogVerifier(partition: 7, after: .empty)
        do throws(LogError) {
            try verifier.accept(first)
            try verifier.accept(entry)
            return nil
        } catch {
            return error
        }
    }

    private var chain: Chain { Chain(partition: 7, after: LogHead(of: first)) }

    @Test("An entry that follows is accepted")
    func soundIsAccepted() {
        #expect(verdict(on: chain.entry()) == nil)
    }

    @Test("A gap is damage at the position that is missing")
    func gapIsDamage() {
        #expect(
            verdict(on: chain.entry(position: 4))
                == .damaged(position: 2, reason: "the entry is missing: the next one is 4"))
    }

    @Test("An altered body, header or hash is damage")
    func alteredIsDamage() {
        var body = chain.entry()
        body.body[0] ^= 1
        var time = chain.entry()
        time.header.time += 1
        var hash = chain.entry()
        hash.hash = .zero
        for altered in [body, time, hash] {
            #expect(verdict(on: altered)?.description.contains("does not match its hash") == true)
        }
    }

    @Test("An entry of another chain, epoch, time or partition is damage")
    func foreignIsDamage() {
        let foreign = Chain(partition: 8, after: LogHead(of: first)).entry()
        #expect(verdict(on: chain.entry(previous: .zero))?.description.contains("follows 00000000") == true)
        #expect(verdict(on: chain.entry(epoch: 2))?.description.contains("the epoch falls from 3 to 2") == true)
        #expect(verdict(on: chain.entry(time: 49))?.description.contains("the time falls from 50 to 49") == true)
        #expect(verdict(on: foreign)?.description.contains("of partition 8, not 7") == true)
    }
}
