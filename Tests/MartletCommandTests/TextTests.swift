import Foundation
import Testing

@testable import martlet_cli

@Suite("Durations, instants, sizes and addresses as people write them")
struct TextTests {
    @Test(
        "Durations are read",
        arguments: [
            ("0", Duration.zero), ("500ms", .milliseconds(500)), ("90s", .seconds(90)), ("5m", .seconds(300)),
            ("2h", .seconds(7200)), ("1d", .seconds(86_400)), ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)),
            ("0.25h", .seconds(900)), ("1w", .seconds(604_800)), ("250us", .microseconds(250)),
        ])
    func durationsAreRead(_ text: String, _ duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(
        "What is no duration is refused",
        arguments: [
            "", "s", "90", "-5s", "5 m", "5m2h", "5s5s", "1.s", ".5s", "1..5s", "1e3s", "5x", "1.0000001s", "٣s",
            "99999999999999999999s", "200000d", "9223372036854775807w",
        ])
    func otherDurationsAreRefused(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test("Every duration that is written is read back")
    func durationsRoundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let duration = Duration.microseconds(
                Int64.random(in: 0...(1 << (generator.next() % 50)), using: &generator))
            #expect(DurationText.parse(DurationText.format(duration)) == duration, "\(duration)")
        }
        #expect(DurationText.format(.milliseconds(90_500)) == "1m30.5s")
        #expect(DurationText.format(.microseconds(2050)) == "2.05ms")
        #expect(DurationText.format(.seconds(Int64.max)) == "\(Int64.max)s")
    }

    @Test("Instants are read, with or without seconds, in any zone, as Foundation reads them")
    func instantsAreRead() throws {
        for text in ["2026-11-20T18:00Z", "2026-11-20T18:00:00Z", "2026-11-20T19:00+01:00", "2026-11-20T13:00-0500"] {
            #expect(InstantText.microseconds(text) == 1_795_197_600_000_000, "\(text)")
        }
        #expect(InstantText.microseconds("2026-11-20T18:00:00.25Z") == 1_795_197_600_250_000)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -62_135_596_800...253_402_300_799)
            let text = InstantText.format(microseconds: seconds * 1_000_000)
            #expect(InstantText.microseconds(text) == seconds * 1_000_000)
            guard seconds > -12_000_000_000 else { continue }
            #expect(try Date.ISO8601FormatStyle().parse(text).timeIntervalSince1970 == Double(seconds), "\(text)")
        }
    }

    @Test(
        "What is no instant is refused, one without a zone above all",
        arguments: [
            "", "2026-11-20", "2026-11-20T18:00", "2026-11-20T18:00:00", "2026-02-29T00:00Z", "2026-13-01T00:00Z",
            "2026-11-20T24:00Z", "2026-11-20T18:60Z", "2026-11-20T18:00Zx", "2026-11-20T18:00:60Z", "0000-01-01T00:00Z",
            "2026-11-20T18:00+25:00", "2026-11-20T18:00:00.Z", "+026-11-20T18:00Z",
        ])
    func otherInstantsAreRefused(_ text: String) {
        #expect(InstantText.microseconds(text) == nil)
    }

    @Test("Sizes and addresses")
    func sizesAndAddresses() {
        #expect(ByteCount.parse("1MiB") == 1 << 20)
        #expect(ByteCount.parse("65536") == 65_536)
        for text in ["", "MiB", "1MB", "-1", "1.5MiB", "9999999999999GiB"] { #expect(ByteCount.parse(text) == nil) }
        #expect(ListenAddress("[::1]:0") == ListenAddress(host: "::1", port: 0))
        #expect(ListenAddress("[::1]:0")?.description == "[::1]:0")
        for text in [
            "", "7480", "localhost", ":7480", "::1:7480", "h:65536", "h:-1", "h:+1", "[h]:1", "[[h]]:1", "h]:1",
        ] {
            #expect(ListenAddress(text) == nil)
        }
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            #expect(ListenAddress(host: host, port: 0).isLoopback, "\(host)")
        }
        for host in ["0.0.0.0", "::", "192.0.2.1", "127.0.0.1.example.org", "::ffff:192.0.2.1"] {
            #expect(!ListenAddress(host: host, port: 0).isLoopback, "\(host)")
        }
    }
}
