import Foundation
import Testing

/// What must not be in the core: a clock, chance, concurrency, I/O, and what swallows errors.
struct HouseRules {
    static let forbidden = [
        #"\bFoundation\b"#, #"\basync\b"#, #"\bawait\b"#, #"\bTask\b"#, #"\bDate\b"#, #"\.now\("#, #"Clock\b"#,
        #"\b[rR]andom"#, #"\bUUID\("#, #"\btry\?"#, #"\bprint\("#, #"\bhashValue\b"#, #"\bHasher\b"#, #"\btry!"#,
        #"\bDispatch"#, #"\bGlibc\b"#, #"\bnonisolated\(unsafe\)"#, #"@unchecked\b"#,
    ]

    /// The lines of a source text that break a rule; comments may say what they like.
    static func violations(in text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { line in
            let code = line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? line
            return forbidden.contains { code.range(of: $0, options: .regularExpression) != nil }
        }
    }

    static var sources: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/MartletCore")
    }
}

@Suite("The house rules of the core")
struct HouseRulesTests {
    @Test("No source of the core reads a clock, draws by chance, runs concurrently or swallows an error")
    func coreIsPure() throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: HouseRules.sources.path())
        let files = paths.filter { $0.hasSuffix(".swift") }
        #expect(files.count > 10)
        for file in files {
            let text = try String(contentsOf: HouseRules.sources.appending(path: file), encoding: .utf8)
            #expect(HouseRules.violations(in: text) == [], "\(file)")
        }
    }

    @Test(
        "A forbidden word in code is found",
        arguments: [
            "import Foundation", "func run() async {", "await it()", "Task { }", "let d = Date()",
            "let t = ContinuousClock().now", "DispatchTime.now()", "Int.random(in: 0...1)", "UUID()", "try? it()",
            "print(1)", "value.hashValue",
        ])
    func violationIsFound(line: String) {
        #expect(HouseRules.violations(in: "struct A {}\n    \(line)") != [])
    }

    @Test("A forbidden word in a comment is none")
    func commentIsFree() {
        #expect(HouseRules.violations(in: "/// `Task` is Swift's; Foundation is not used.\n case .now: 1") == [])
    }
}
