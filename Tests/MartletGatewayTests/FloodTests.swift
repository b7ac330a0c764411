import GRPCCore
import MartletWire
import NIOCore
import NIOPosix
import Testing

@testable import MartletGateway

@Suite("What one gRPC connection may cost", .timeLimit(.minutes(1)))
struct FloodTests {
    @Test("A connection that does not greet is closed")
    func noGreeting() async throws {
        try await Running.gateway({ $0.grpc.openTimeout = .milliseconds(100) }) { running in
            // It returns once the server has closed.
            _ = try await running.raw(Array(Raw.hello.prefix(30)), port: running.ports.grpc)
        }
    }

    @Test("A connection that says nothing is closed, and the next one is served")
    func sayNothing() async throws {
        try await Running.gateway({ $0.grpc.openTimeout = .seconds(5) }) { running in
            let nothing = try await running.raw([], port: running.ports.grpc)
            #expect(nothing.isEmpty)
            let received = try await running.raw(Raw.hello + Raw.frame(7), port: running.ports.grpc)
            #expect(Raw.kinds(received).contains(4))
        }
    }

    @Test("A connection that answers no ping is closed, though it has a call")
    func silent() async throws {
        try await Running.gateway({
            $0.grpc.keepaliveTime = .milliseconds(100)
            $0.grpc.keepaliveTimeout = .milliseconds(100)
        }) { running in
            let call = Raw.call("/martlet.v1.Jobs/SubmitStream", stream: 1)
            _ = try await running.raw(Raw.hello + call, port: running.ports.grpc)
        }
    }

    @Test("A connection without a call is closed, though it does not answer the goodbye")
    func idle() async throws {
        try await Running.gateway({
            $0.grpc.maxIdle = .milliseconds(100)
            $0.grpc.keepaliveTimeout = .milliseconds(100)
        }) { running in
            _ = try await running.raw(Raw.hello, port: running.ports.grpc)
        }
    }

    @Test("A request that does not come ends its call, and a message that stops half-way")
    func noRequest() async throws {
        try await Running.gateway({
            $0.grpc.messageTimeout = .milliseconds(100)
            // Ends the test, well after both calls.
            $0.grpc.maxIdle = .seconds(5)
            $0.grpc.keepaliveTimeout = .seconds(1)
        }) { running in
            let half = Raw.frame(0, stream: 3, [0, 0, 0, 0, 9, 1])
            let bytes =
                Raw.hello + Raw.call("/martlet.v1.Jobs/GetJob", stream: 1)
                + Raw.call("/martlet.v1.Jobs/SubmitStream", stream: 3) + half
            let received = try await running.raw(bytes, port: running.ports.grpc)
            #expect(Raw.kinds(received).filter { $0 == Raw.reset }.count == 2)
        }
    }

    @Test("A call none of whose answers are taken is ended, though they are small")
    func untaken() async throws {
        try await Running.gateway({
            $0.writeStallTimeout = .milliseconds(100)
            // Ends the test, well after the call.
            $0.grpc.maxIdle = .seconds(5)
            $0.grpc.keepaliveTimeout = .seconds(1)
        }) { running in
            let call = Raw.call("/martlet.v1.Jobs/SubmitStream", stream: 1)
            let request = Raw.frame(0, stream: 1, [0, 0, 0, 0, 0])
            let received = try await running.raw(
                Raw.helloWithoutWindow + call + request, port: running.ports.grpc)
            #expect(Raw.kinds(received).contains(Raw.reset))
        }
    }

    @Test(
        "Frames without use are answered by a goodbye",
        arguments: [
            Raw.frame(6, [1, 2, 3, 4, 5, 6, 7, 8]), Raw.frame(8, [0, 0, 0, 1]), Raw.frame(0xFA, [0]), Raw.frame(4),
            Raw.frame(0, stream: 1, [0]), Raw.frame(0, stream: 1), Raw.frame(0, stream: 1, [0, 0, 0, 0, 0]),
        ])
    func flood(frame: [UInt8]) async throws {
        try await Running.gateway { running in
            let call = Raw.call("/martlet.v1.Jobs/SubmitStream", stream: 1)
            let flood = Array(repeatElement(frame, count: 20_000).joined())
            let received = try await running.raw(Raw.hello + call + flood, port: running.ports.grpc)
            // What the system did not deliver, because much was left unread, cannot be looked at.
            #expect(received.isEmpty || Raw.kinds(received).contains(Raw.goaway))
        }
    }

    @Test("A message that spells more than any of ours is refused before it is read")
    func shape() throws {
        func check(_ count: Int, _ one: [UInt8], depth: Int = 1) throws {
            try Array(repeatElement(one, count: count).joined()).withUnsafeBytes { bytes in
                try WireShape.check(bytes, depth: depth)
            }
        }
        try check(WireShape.maxFields, [0x0A, 0])
        #expect(throws: RPCError.self) { try check(WireShape.maxFields + 1, [0x0A, 0]) }
        let reportOfTwo: [UInt8] = [0x12, 4, 0x12, 0, 0x12, 0]
        try check(WireShape.maxFields / 3, reportOfTwo, depth: 2)
        #expect(throws: RPCError.self) { try check(WireShape.maxFields / 3 + 1, reportOfTwo, depth: 2) }
        // Malformed is for others to say.
        try check(1, [0x0A, 200])
    }

    @Test("An opening may spell twice as much as other messages; what stands behind one may not")
    func shapeOfAnOpening() throws {
        func check(_ letter: [UInt8]) throws { _ = try WorkerLetter.Reading().deserialize(letter) }
        // The opening itself is a field, too.
        let fields = Array(repeatElement([0x2A, 0] as [UInt8], count: WireShape.maxFieldsOfOpening - 1).joined())
        var longest = ProtobufWriter()
        longest.field(1, fields)
        try check(longest.bytes)
        var longer = ProtobufWriter()
        longer.field(1, fields + [0x2A, 0])
        #expect(throws: RPCError.self) { try check(longer.bytes) }
        #expect(throws: RPCError.self) { try check(longest.bytes + [0x1A, 0]) }
        var report = ProtobufWriter()
        report.field(2, fields)
        #expect(throws: RPCError.self) { try check([0x0A, 0] + report.bytes) }
    }

    @Test("Tasks that make tasks do not keep sockets from being read")
    func fairTurns() async throws {
        try await Running.gateway { running in
            let busy = Task(executorPreference: running.executor) {
                while !Task.isCancelled { await Task.yield() }
            }
            let answer = try await running.send("GET", "/livez")
            #expect(answer.status == 200)
            busy.cancel()
            await busy.value
        }
    }
}
