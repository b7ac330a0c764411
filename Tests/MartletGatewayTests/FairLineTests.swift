import MartletWire
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletGateway

@Suite("The line for what waits until the sockets have had their turn")
struct FairLineTests {
    private final class Course {
        var steps: [String] = []
    }

    private let loop = EmbeddedEventLoop()
    private let ticks = TickCounter()
    private let line: FairLine
    private let course = Course()

    init() {
        line = FairLine(loop, ticks: ticks)
        line.know(known)
    }

    private let known = FairLine.Peer()
    private let stranger = FairLine.Peer()

    private func begin(_ step: String) {
        line.goOnLater { [course] in course.steps.append(step) }
    }

    private func wait(_ peer: FairLine.Peer, _ steps: String...) {
        for step in steps { line.wait(peer) { [course] in course.steps.append(step) } }
    }

    /// The loop has been at its sockets, and then some time passes; as often as a slow machine may need, for what is taken
    /// up in one round ends by its real time.
    private func rounds(_ count: Int = 200) {
        for _ in 0..<count {
            ticks.tick()
            loop.advanceTime(by: .milliseconds(5))
        }
    }

    @Test("Nothing is taken up before the loop has been at its sockets, however late it is")
    func socketsFirst() {
        begin("begun")
        loop.advanceTime(by: .seconds(1))
        #expect(course.steps.isEmpty)
        rounds()
        #expect(course.steps == ["begun"])
    }

    @Test("What puts itself off again is taken up again, each time after the sockets")
    func again() {
        var left = 3
        func step() {
            course.steps.append("step")
            left -= 1
            if left > 0 { line.wait(known) { step() } }
        }
        line.wait(known) { step() }
        rounds()
        #expect(course.steps.count == 3)
    }

    @Test("What has been begun goes in turn with known peers, and strangers when neither waits")
    func order() {
        wait(stranger, "s1")
        for number in 1...3 { begin("b\(number)") }
        wait(known, "k1", "k2")
        rounds()
        #expect(course.steps == ["b1", "k1", "b2", "k2", "b3", "s1"])
    }

    @Test("A stranger's turn comes, however much has been begun")
    func strangers() {
        for number in 1...40 { begin("b\(number)") }
        wait(stranger, "s")
        rounds()
        #expect(course.steps.firstIndex(of: "s") == 15)
        #expect(course.steps.count == 41)
    }

    @Test("A deadline is kept in turn, unless it is cancelled, be it in line")
    func deadlines() {
        let kept = line.after(.seconds(1)) { [course] in course.steps.append("kept") }
        let cancelled = line.after(.seconds(1)) { [course] in course.steps.append("cancelled") }
        loop.advanceTime(by: .seconds(1))
        #expect(course.steps.isEmpty)
        cancelled.cancel()
        rounds()
        #expect(course.steps == ["kept"])
        kept.cancel()
    }

    @Test("Peers take turns, however much of one of them waits")
    func peers() {
        wait(stranger, "a1", "a2", "a3")
        wait(FairLine.Peer(), "b1")
        wait(FairLine.Peer(), "c1", "c2")
        rounds()
        #expect(course.steps == ["a1", "b1", "c1", "a2", "c2", "a3"])
    }

    @Test("What is due has its turn beside any number of known peers")
    func due() throws {
        let deadlines = (1...10).map { number in line.after(.zero) { [course] in course.steps.append("d\(number)") } }
        for number in 1...40 {
            let peer = FairLine.Peer()
            line.know(peer)
            wait(peer, "k\(number)")
        }
        rounds()
        #expect(Array(course.steps.prefix(8)) == (1...8).map { "d\($0)" })
        let ninth = try #require(course.steps.firstIndex(of: "d9"))
        #expect(ninth <= 15)
        #expect(course.steps.count == 50)
        for deadline in deadlines { deadline.cancel() }
    }

    @Test("While each turn of what was begun takes all the time, deadlines are kept")
    func saturated() {
        let deadlines = (1...20).map { _ in line.after(.zero) { [course] in course.steps.append("d") } }
        for _ in 1...40 {
            line.goOnLater { [course] in
                LongWork.last()
                course.steps.append("b")
            }
        }
        rounds(3)
        #expect(course.steps.filter { $0 == "b" }.count == 3)
        #expect(course.steps.filter { $0 == "d" }.count == 20)
        for deadline in deadlines { deadline.cancel() }
    }

    @Test("A stranger that becomes known while it waits has its turn among the known, and once")
    func becomesKnown() throws {
        for number in 1...3 { wait(FairLine.Peer(), "s\(number)") }
        wait(stranger, "x")
        wait(known, "k")
        line.know(stranger)
        rounds()
        let place = try #require(course.steps.firstIndex(of: "x"))
        let last = try #require(course.steps.firstIndex(of: "s3"))
        #expect(place < last)
        #expect(course.steps.count == 5)
    }

    @Test("New work goes on at once until there was enough of it, for strangers sooner, or older work waits")
    func open() {
        #expect(line.isOpen(to: stranger))
        line.letIn(32)
        #expect(!line.isOpen(to: stranger) && line.isOpen(to: known))
        line.letIn(32)
        #expect(!line.isOpen(to: known))
        ticks.tick()
        #expect(line.isOpen(to: known) && line.isOpen(to: stranger))
        wait(known, "k")
        let other = FairLine.Peer()
        line.know(other)
        #expect(line.isOpen(to: other) && !line.isOpen(to: known) && !line.isOpen(to: stranger))
        begin("b")
        #expect(!line.isOpen(to: other))
    }

    @Test("The bytes of an HTTP connection go on in pieces that grow, and no more of them once it is shut")
    func pieces() throws {
        let channel = EmbeddedChannel(loop: loop)
        let gate = ByteGate(line: line)
        try channel.pipeline.syncOperations.addHandler(gate)
        try channel.writeInbound(ByteBuffer(repeating: 7, count: 20_000))
        var sizes: [Int] = []
        func take() throws {
            while let piece = try channel.readInbound(as: ByteBuffer.self) { sizes.append(piece.readableBytes) }
        }
        try take()
        #expect(sizes == [512])
        rounds()
        try take()
        #expect(sizes == [512, 1024, 2048, 4096, 8192, 4128])

        gate.isDear()
        ticks.tick()
        try channel.writeInbound(ByteBuffer(repeating: 7, count: 20_000))
        gate.isShut = true
        rounds()
        try take()
        #expect(sizes.dropFirst(6) == [512])
    }
}
