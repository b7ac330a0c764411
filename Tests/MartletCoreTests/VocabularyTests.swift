import Testing

@testable import MartletCore

@Suite("Words and their texts")
struct VocabularyTests {
    static let text = "01890a5d-ac96-774b-bcce-b302099a8057"

    @Test("An identifier's text is read back as it was, in either case")
    func textsAreRoundTrips() throws {
        let job = try #require(JobID(Self.text))
        #expect(job.description == Self.text && JobID(Self.text.uppercased()) == job)
        #expect(job.high == 0x0189_0A5D_AC96_774B && job.low == 0xBCCE_B302_099A_8057 && job.slot == 0x74B)
        #expect(SessionID(Self.text)?.description == Self.text)
        let client = try #require(ClientID(Self.text))
        #expect(client.description == Self.text)
        var bytes = Self.text
        #expect(bytes.withUTF8 { ClientID(utf8: UnsafeRawBufferPointer($0)) } == client)
    }

    @Test(
        "What is not the text of a UUID is refused",
        arguments: [
            "", "01890a5d-ac96-774b-bcce-b302099a805", text + "0", "01890a5d+ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a805g", "01890a5d-ac96-774b-bcce-b302099a80é",
        ])
    func badTexts(text: String) {
        #expect(JobID(text) == nil && SessionID(text) == nil && ClientID(text) == nil)
        var bytes = text
        #expect(bytes.withUTF8 { ClientID(utf8: UnsafeRawBufferPointer($0)) } == nil)
    }

    @Test("A job's identifier is a UUIDv7: another version or variant is none")
    func versions() {
        #expect(JobID("01890a5d-ac96-474b-bcce-b302099a8057") == nil)
        #expect(JobID("01890a5d-ac96-774b-7cce-b302099a8057") == nil)
        // Any UUID may be a session's.
        #expect(SessionID("01890a5d-ac96-474b-7cce-b302099a8057") != nil)
    }

    @Test("Identifiers are in the order of their time, and differ within one submission")
    func derived() {
        let (early, late) = (Timestamp(microseconds: 1_000_000), Timestamp(microseconds: 2_000_000))
        #expect(JobID(at: early, seed: 1, index: 0) < JobID(at: late, seed: 1, index: 0))
        let ids = (0..<1000).map { JobID(at: early, seed: 7, index: $0) }
        #expect(Set(ids).count == ids.count && ids.allSatisfy { JobID($0.description) == $0 })
    }

    @Test("Times and durations saturate instead of overflowing")
    func saturation() {
        let (past, future) = (Timestamp(microseconds: .min), Timestamp.distantFuture)
        #expect(future + .seconds(1) == future && past + .seconds(-1) == past)
        #expect(Timestamp(microseconds: .max - 1) + .seconds(1) == future)
        #expect(Timestamp(microseconds: 5) - Timestamp(microseconds: 3) == .microseconds(2))
        #expect(future - past == .microseconds(Int64.max) && past - future == .microseconds(Int64.min))
        #expect(
            Duration.seconds(Int64.max).inMicroseconds == .max && Duration.seconds(Int64.min).inMicroseconds == .min)
        let edge = Duration(secondsComponent: Int64.max / 1_000_000_000, attosecondsComponent: 999_999_999_999_999_999)
        #expect(edge.inNanoseconds == .max)
        #expect(Duration.zero - edge == .zero - edge && (.zero - edge).inNanoseconds == .min)
        #expect(Duration.milliseconds(-1500).inMicroseconds == -1_500_000)
    }

    @Test("The sessions that hold jobs open are known with how many, in the order of their oldest lease")
    func heldSessions() throws {
        // Given two sessions and a lease without one
        var harness = Harness()
        try harness.submit(.plain(), .plain(), .plain(), .plain())
        try harness.start(session: .second)
        try harness.start(limit: 2, session: .first)
        let leased = try harness.start(session: SessionID(high: 3, low: 3), lease: .seconds(9))
        // Then
        let held = harness.partition.sessionsHeldOpen
        #expect(held.map(\.session) == [.second, .first] && held.map(\.running) == [1, 2])
        let attempt = try #require(leased.first)
        #expect(harness.partition.lease(of: attempt.job)?.token == attempt.token)
        #expect(harness.partition.lease(of: JobID(high: 0, low: 0)) == nil)
        #expect(harness.partition.readyCount(in: "nowhere") == 0 && harness.partition.readyCount(in: "default") == 0)
        #expect(harness.partition.counts(of: "nowhere") == LaneCounts())
        #expect(harness.partition.allCounts.map(\.queue) == ["default"])
        #expect(harness.partition.hotJobCount == 4 && harness.partition.hotByteCount == 0)
    }
}
