import Foundation
import Logging
import Synchronization
import Testing

@testable import martlet_cli

@Suite("What is written")
struct OutputTests {
    @Test("Columns line up, numbers to the right, and the terminal's edge cuts")
    func columnsLineUp() {
        var table = Table([.init(title: "ID"), .init(title: "N", isNumber: true), .init(title: "WHY")])
        table.add(["abc", "5", "-"])
        table.add(["d", "1234", "it was long"])
        #expect(table.lines(width: 80) == ["ID      N  WHY", "abc     5  -", "d    1234  it was long"])
        #expect(table.lines(width: 12).last == "d    1234  …")
        #expect(table.plainLines == ["abc\t5\t-", "d\t1234\tit was long"])
    }

    @Test("A failure's text cannot break a row or move the cursor")
    func controlsAreTaken() {
        var table = Table([.init(title: "WHY")])
        table.add(["a\tb\nc\u{1B}[2J\u{9B}x"])
        #expect(table.plainLines == ["a b c [2J x"])
    }

    @Test("Ages have one unit")
    func ages() {
        let now = Date(timeIntervalSince1970: 1_000_000)
        func age(_ seconds: Double) -> String { Age.text(of: now.addingTimeInterval(-seconds), now: now) }
        #expect(
            [age(0.4), age(12), age(-200), age(7200), age(400_000)] == ["now", "12s ago", "in 3m", "2h ago", "4d ago"])
        #expect(Age.text(of: nil, now: now) == "-")
        #expect(Age.brief(.milliseconds(250)) == "250ms")
    }

    @Test("JSON is escaped, and read by others")
    func jsonIsEscaped() throws {
        let text = "q\"b\\ \n\r\t\u{1}\u{2028}é😀\u{7F}"
        let line = JSONValue.object([("t", .string(text)), ("a", .array([.integer(1), .bool(true)]))]).text
        #expect(!line.contains("\n"))
        let read = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(read["t"] as? String == text)
        #expect(line.hasSuffix(#","a":[1,true]}"#))
    }

    @Test("A log line is one JSON object with flattened metadata, and what is said later wins")
    func logLines() throws {
        var handler = JSONLogHandler(label: "martlet.test")
        handler.logLevel = .trace
        handler.now = { 1_795_197_600_250_000 }
        let sink = Sink()
        handler.write = { line in sink.add(line) }
        handler[metadataKey: "job.id"] = "old"
        let logger = Logger(label: "martlet.test") { [handler] _ in handler }
        logger.warning(
            "a \"message\"\nof two",
            metadata: ["job.id": "new", "a": ["b": ["c": "1"]], "message": "mine", "list": ["x", "y"]])

        let line = try #require(sink.lines.first)
        #expect(sink.lines.count == 1)
        #expect(!line.contains("\n"))
        let read = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(read["ts"] == "2026-11-20T18:00:00.250Z")
        #expect(read["level"] == "warning")
        #expect(read["message"] == "a \"message\"\nof two")
        #expect(read["job.id"] == "new")
        #expect(read["a.b.c"] == "1")
        #expect(read["meta.message"] == "mine")
    }

    @Test("A log line for people is one line too")
    func humanLines() {
        var handler = HumanLogHandler()
        handler.now = { 1_795_197_600_250_123 }
        let sink = Sink()
        handler.write = { line in sink.add(line) }
        Logger(label: "x") { [handler] _ in handler }.info("two\nlines", metadata: ["b": "2", "a": "1"])
        #expect(sink.lines == ["2026-11-20T18:00:00.250Z  INFO      two lines a=1 b=2"])
    }
}

/// Lines that were written.
private final class Sink: Sendable {
    private let written = Mutex<[String]>([])

    var lines: [String] { written.withLock { $0 } }
    func add(_ line: String) { written.withLock { $0.append(line) } }
}
