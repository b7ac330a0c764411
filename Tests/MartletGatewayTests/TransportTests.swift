import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import MartletGateway

@Suite("The parts that look at what comes in")
struct TransportTests {
    @Test("Frames are found wherever the bytes are cut", arguments: 1...40)
    func frames(size: Int) {
        let heads: [[UInt8]] = [
            [0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 3, 0, 1, 0, 0, 0, 1, 7, 7, 7], [0, 0, 1, 0xFA, 9, 0, 0, 0, 5, 1],
            [0, 1, 44, 1, 4, 0, 0, 0, 3] + Array(repeating: 0, count: 300),
        ]
        let bytes = Array(repeating: UInt8(1), count: FrameScanner.preface) + heads.joined()
        var scanner = FrameScanner()
        var found: [FrameScanner.Head] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { piece in
                var position = 0
                while let head = scanner.next(in: piece, from: &position) { found.append(head) }
                let all = piece.count
                #expect(position == all)
            }
        }
        #expect(
            found == [
                .init(kind: .settings, flags: 0, length: 0), .init(kind: .data, flags: 1, length: 3),
                .init(kind: nil, flags: 9, length: 1), .init(kind: .headers, flags: 4, length: 300),
            ])
        #expect(found[1].endsStream && !found[0].endsStream)
    }

    @Test("Messages are found wherever the bytes are cut", arguments: 1...40)
    func messages(size: Int) {
        let bytes: [UInt8] =
            [0, 0, 0, 0, 0] + [0, 0, 0, 0, 2, 9, 9] + [0, 0, 0, 0, 20] + Array(repeating: 1, count: 20) + [0, 0, 0]
        var scanner = MessageScanner()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            let passed = piece.withUnsafeBytes { scanner.pass($0, messages: 1_000) }
            #expect(passed == piece.count)
        }
        #expect(scanner.count == 3 && scanner.smallCount == 2 && scanner.held == 3)
    }

    @Test("No more messages are passed than asked for")
    func someMessages() {
        let bytes = Array(repeatElement([UInt8(0), 0, 0, 0, 1, 7], count: 10).joined())
        var scanner = MessageScanner()
        let passed = bytes.withUnsafeBytes { scanner.pass($0, messages: 4) }
        #expect(passed == 24)
        #expect(scanner.count == 4 && scanner.held == 0)
    }

    @Test("A pass stops behind a large message, and goes on from there")
    func largeMessages() {
        let size = MessageScanner.largeMessage
        let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
        let large: [UInt8] = [0] + head + Array(repeating: UInt8(1), count: size)
        let bytes: [UInt8] = [0, 0, 0, 0, 1, 7] + large + large + [0, 0]
        var scanner = MessageScanner()
        var (position, stops): (Int, [Int]) = (0, [])
        while position < bytes.count {
            position += bytes[position...].withUnsafeBytes { scanner.pass($0, messages: 1_000) }
            stops.append(position)
        }
        #expect(stops == [size + 11, 2 * size + 16, 2 * size + 18])
        #expect(scanner.count == 3 && scanner.held == 2 && !scanner.hasEndedLarge)
    }

    @Test("What is held above the limit is let go of, the oldest first, and once")
    func holdings() {
        let holdings = Holdings(limit: 100)
        let gone = Mutex<[Int]>([])
        let numbers = (0..<4).map { index in holdings.begin { gone.withLock { $0.append(index) } } }
        for number in numbers.prefix(3) { holdings.add(30, to: number) }
        holdings.end(numbers[1])
        #expect(holdings.bytes == 60)
        holdings.add(60, to: numbers[3])
        #expect(gone.withLock { $0 } == [0])
        holdings.add(500, to: numbers[0])
        #expect(holdings.bytes == 90)
        holdings.add(500, to: numbers[3])
        #expect(gone.withLock { $0 } == [0, 2, 3])
        #expect(holdings.bytes == 0)
    }

    @Test("What has arrived whole need not make way, though the word was on its way already")
    func lateWord() {
        let loop = EmbeddedEventLoop()
        let holdings = Holdings(limit: 100)
        var (first, second, third) = (
            Held(in: holdings, loop: loop), Held(in: holdings, loop: loop), Held(in: holdings, loop: loop)
        )
        var gone: [String] = []
        first.set(60) { gone.append("first") }
        second.set(30) { gone.append("second") }
        third.set(90) { gone.append("third") }
        first.end()
        loop.run()
        #expect(gone == ["second"])
        third.end()
    }

    @Test("A connection that is too old is told to go, and its calls have their grace")
    func oldConnection() {
        var limits = GatewayConfiguration.GRPC()
        (limits.maxAge, limits.maxAgeGrace) = (.seconds(50), .seconds(9))
        let start = NIODeadline.uptimeNanoseconds(1)
        func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }
        var age = ConnectionAge(limits: limits, at: start)
        age.isGreeted = true
        age.callBegan()
        age.heard(at: at(40))
        #expect(age.verdict(at: at(40)) == .wait(until: at(50)))
        #expect(age.verdict(at: at(50)) == .sayGoodbye)
        #expect(age.verdict(at: at(50)) == .wait(until: at(59)))
        age.heard(at: at(58))
        #expect(age.verdict(at: at(59)) == .over)
    }

    @Test("A connection is over when it does not greet, is silent, or does not answer the goodbye")
    func ages() {
        var limits = GatewayConfiguration.GRPC()
        limits.openTimeout = .seconds(10)
        limits.maxIdle = .seconds(100)
        limits.keepaliveTime = .seconds(60)
        limits.keepaliveTimeout = .seconds(5)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }
        var age = ConnectionAge(limits: limits, at: start)

        #expect(age.verdict(at: start) == .wait(until: at(10)))
        var mute = age
        #expect(mute.verdict(at: at(10)) == .over)

        age.isGreeted = true
        #expect(age.verdict(at: at(10)) == .wait(until: at(70)))
        age.heard(at: at(60))
        var silent = age
        #expect(silent.verdict(at: at(99)) == .wait(until: at(100)))
        #expect(silent.verdict(at: at(130)) == .over)

        #expect(age.verdict(at: at(100)) == .sayGoodbye)
        #expect(age.verdict(at: at(100)) == .wait(until: at(105)))
        var unmoved = age
        #expect(unmoved.verdict(at: at(105)) == .over)

        // A call that began before the goodbye arrived may end; then the time to go begins anew.
        age.callBegan()
        age.heard(at: at(104))
        #expect(age.verdict(at: at(105)) == .wait(until: at(174)))
        age.callEnded(at: at(110))
        #expect(age.verdict(at: at(110)) == .wait(until: at(115)))
    }

    @Test("An allowance is used up, and fills again with time, and never over")
    func allowance() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        func isGranted(_ takes: (amount: Int, after: Int64)...) -> [Bool] {
            var allowance = Allowance(burst: 10, first: 10, perSecond: 5, at: start)
            return takes.map { allowance.take($0.amount, at: start + .seconds($0.after)) }
        }
        #expect(isGranted((10, 0), (1, 0)) == [true, false])
        #expect(isGranted((10, 0), (5, 1), (1, 1)) == [true, true, false])
        #expect(isGranted((10, 0), (10, 100), (6, 101)) == [true, true, false])
    }
}
