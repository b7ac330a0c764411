import MartletWire
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletGateway

@Suite("A connection's first word")
struct FirstWordTests {
    private let ticks = TickCounter()
    private let channel = EmbeddedChannel()
    private let builds = Builds()
    private let word: FirstWord<Int>

    /// What was built, and when it is ready.
    private final class Builds {
        var count = 0
        var ready: EventLoopPromise<Int>?
    }

    init() throws {
        let builds = builds
        word = FirstWord(
            on: channel, within: .seconds(10), line: FairLine(channel.embeddedEventLoop, ticks: ticks)
        ) { channel in
            builds.count += 1
            let ready = channel.eventLoop.makePromise(of: Int.self)
            builds.ready = ready
            return ready.futureResult
        }
        try channel.pipeline.syncOperations.addHandler(word)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func say(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    private var hasEnded: Bool {
        do {
            _ = try word.connection.wait()
            return false
        } catch {
            return !channel.isActive
        }
    }

    @Test("Nothing is built before it, and then once; what came meanwhile follows in order")
    func order() throws {
        #expect(builds.count == 0)
        try say("one")
        try say("two")
        #expect(builds.count == 1)
        let early = try channel.readInbound(as: ByteBuffer.self)
        #expect(early == nil)

        builds.ready?.succeed(7)
        try say("three")

        let connection = try word.connection.wait()
        #expect(connection == 7)
        for expected in ["one", "two", "three"] {
            let heard = try channel.readInbound(as: ByteBuffer.self)
            #expect(heard == ByteBuffer(string: expected))
        }
        #expect(throws: (any Error).self) { try channel.pipeline.syncOperations.handler(type: FirstWord<Int>.self) }
        _ = try channel.finish()
    }

    @Test("Who says nothing is closed after a while")
    func silence() {
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        for _ in 0..<200 {
            ticks.tick()
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(10))
        }
        #expect(hasEnded && builds.count == 0)
    }

    @Test("Who has spoken is not closed for its silence")
    func speech() throws {
        try say("one")
        builds.ready?.succeed(7)
        for _ in 0..<200 {
            ticks.tick()
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        }
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test("Who says nothing is closed when it half-closes, and when the server ends", arguments: [true, false])
    func ends(isHalfClosed: Bool) {
        if isHalfClosed {
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        channel.embeddedEventLoop.run()
        #expect(hasEnded)
    }

    @Test("What cannot be built is closed")
    func failure() throws {
        try say("one")
        builds.ready?.fail(ChannelError.alreadyClosed)
        channel.embeddedEventLoop.run()
        #expect(hasEnded)
    }

    @Test("A channel that closed before has nothing")
    func tooLate() throws {
        let closed = EmbeddedChannel()
        _ = try closed.finish()
        let connection = FirstWord<Int>(
            on: closed, within: .seconds(10), line: FairLine(closed.embeddedEventLoop, ticks: ticks)
        ) { $0.eventLoop.makeSucceededFuture(7) }.connection
        #expect(throws: ChannelError.self) { try connection.wait() }
    }

    @Test("Who ends while it is built has nothing")
    func lateBuild() throws {
        try say("one")
        try channel.close().wait()
        builds.ready?.succeed(7)
        channel.embeddedEventLoop.run()
        #expect(hasEnded)
    }
}
