import Foundation
import Martlet
import Testing

@testable import martlet_cli

@Suite("Lines of NDJSON")
struct JobLineTests {
    private func read(_ line: String) throws -> RawJob { try JobLine.read(Array(line.utf8)) }

    @Test("Every field is read")
    func everyField() throws {
        let job = try read(
            """
            {"kind":"k","queue":"q","payload":"a\\u00e9\\ud83d\\ude00\\n","priority":7,"delay":"90s","timeout":"5m","attempts":3,"key":"x"}
            """)
        #expect(job.kind == "k")
        #expect(String(decoding: job.payload, as: UTF8.self) == "aé😀\n")
        #expect(job.options.queue == "q")
        #expect(job.options.priority == 7)
        #expect(job.options.delay == .seconds(90))
        #expect(job.options.timeout == .seconds(300))
        #expect(job.options.attempts == 3)
        #expect(job.options.idempotencyKey == "x")
        #expect(try read(#"{"kind":"k","run_at":"2026-11-20T18:00Z"}"#).options.runAt != nil)
        #expect(try read(#"{"kind":"k","payload_base64":"AP8K"}"#).payload == [0, 255, 10])
        #expect(try read(#" {"kind":"k", "queue": null} "#).options.queue == "default")
    }

    @Test(
        "A payload that is no string keeps every byte as it stands",
        arguments: [
            #"{"b":1, "a":[1.50,1e400,12345678901234567890]}"#, "null", "true", "-0.0", "[]", "{}", #"["\u00e9"]"#,
        ])
    func payloadKeepsItsBytes(_ text: String) throws {
        #expect(String(decoding: try read("{\"kind\":\"k\",\"payload\":\(text)}").payload, as: UTF8.self) == text)
    }

    @Test(
        "What is wrong is named",
        arguments: [
            (#"{"kind":"k","prio":1}"#, "prio"), (#"{"queue":"q"}"#, "kind"), (#"{"kind":1}"#, "kind"),
            (#"{"kind":"k","priority":"7"}"#, "priority"), (#"{"kind":"k","priority":1.5}"#, "priority"),
            (#"{"kind":"k","delay":90}"#, "delay"), (#"{"kind":"k","timeout":"soon"}"#, "timeout"),
            (#"{"kind":"k","run_at":"2026-11-20"}"#, "run_at"),
            (#"{"kind":"k","payload_base64":"?"}"#, "payload_base64"),
            (#"{"kind":"k","payload":"a","payload_base64":"AA=="}"#, "payload_base64"),
            (#"{"kind":"k","delay":"1s","run_at":"2026-11-20T18:00Z"}"#, "run_at"),
        ])
    func faultsAreNamed(_ line: String, _ field: String) {
        #expect { try read(line) } throws: { ($0 as? JobLine.Fault)?.field == field }
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", "{", "[]", "1", "{}x", #"{"kind":"k",}"#, #"{"kind":"k" "queue":"q"}"#, #"{"kind":"k","kind":"l"}"#,
            #"{"kind":"k","payload":01}"#, #"{"kind":"k","payload":.5}"#, #"{"kind":"k","payload":1.}"#,
            #"{"kind":"k","payload":nul}"#, #"{"kind":"k","payload":"\ud800"}"#, #"{"kind":"k","payload":"\x"}"#,
            #"{"kind":"k","payload":[1,]}"#, #"{"kind":"k","payload":{"a"}}"#, "{\"kind\":\"k\",\"payload\":\"a\tb\"}",
            #"{'kind':'k'}"#,
            "{\"kind\":\"k\",\"payload\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
                + "}",
        ])
    func otherTextIsRefused(_ line: String) {
        #expect(throws: JobLine.Fault.self) { try read(line) }
        #expect(throws: JobLine.Fault.self) { try JobLine.read(Array(line.utf8) + [0xFF]) }
    }

    @Test("The scanner takes what Foundation takes, and the other way round")
    func agreesWithFoundation() throws {
        let alphabet = Array(#"{}[]",:0123eE+-.\u tfn"#.utf8) + Array("true".utf8)
        var taken = 0
        for _ in 0..<20_000 {
            let inner = (0..<Int.random(in: 1...6)).compactMap { _ in alphabet.randomElement() }
            let text = Array("{\"a\":".utf8) + inner + Array("}".utf8)
            let theirs = (try? JSONSerialization.jsonObject(with: Data(text))) != nil
            let ours = (try? JSONScanner.members(of: text)) != nil
            // Foundation lets a name come twice, and numbers that we need not hold are fine with us.
            if ours != theirs, !String(decoding: text, as: UTF8.self).contains("\"\":") {
                let digits = inner.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                #expect(ours && digits || theirs, "\(String(decoding: text, as: UTF8.self)): \(ours)")
            }
            if ours { taken += 1 }
        }
        #expect(taken > 100)
    }

    @Test("Lines come whole, however the file is cut, and the last needs no end")
    func linesComeWhole() async throws {
        try await withScratch { scratch in
            let text = (0..<70_000).map { "line \($0)" }.joined(separator: "\n")
            try text.write(toFile: scratch + "/file", atomically: false, encoding: .utf8)
            var reader = LineReader(try InputFile(scratch + "/file"), limit: 100)
            var count = 0
            while let line = try reader.next() {
                #expect(String(decoding: line, as: UTF8.self) == "line \(count)")
                count += 1
                #expect(reader.number == count)
            }
            #expect(count == 70_000)

            // Its end is the first byte of the next piece.
            let long = String(repeating: "x", count: 1 << 18)
            try "\(long)\ny".write(toFile: scratch + "/file", atomically: false, encoding: .utf8)
            var again = LineReader(try InputFile(scratch + "/file"), limit: 1 << 20)
            #expect(try again.next()?.count == 1 << 18)
            #expect(try again.next() == [UInt8(ascii: "y")])
            #expect(try again.next() == nil)
        }
    }

    @Test("A batch ends at its number of jobs or bytes")
    func batchesAreBounded() async throws {
        try await withScratch { scratch in
            let line = "{\"kind\":\"k\",\"payload\":\"\(String(repeating: "x", count: 300))\"}\n"
            try String(repeating: line, count: 25).write(toFile: scratch + "/file", atomically: false, encoding: .utf8)
            var reader = BatchReader(LineReader(try InputFile(scratch + "/file"), limit: 1000))
            #expect(try reader.next(jobs: 10, bytes: 1 << 20)?.lines == Array(1...10))
            #expect(try reader.next(jobs: 10, bytes: 1000)?.lines == [11, 12])
            #expect(try reader.next(jobs: 10, bytes: 1)?.lines == [13])
            #expect(try reader.next(jobs: 100, bytes: 1 << 20)?.lines == Array(14...25))
            #expect(try reader.next(jobs: 10, bytes: 1 << 20) == nil)
        }
    }
}
