import Testing

@Suite("The house rules of the sources")
struct SourceRuleTests {
    @Test("No source breaks a rule")
    func sources() throws {
        let files = try House.files(below: "Sources", ending: ".swift")
        #expect(files.count > 100)
        for file in files {
            #expect(SourceRules.findings(in: try House.text(file), at: file) == [])
        }
    }

    @Test(
        "An offender is found",
        arguments: [
            ("Sources/MartletNode/A.swift", "let a = 1\nfinal class A: @unchecked Sendable {}"),
            ("Sources/MartletNode/A.swift", "let a = try! it()"),
            ("Sources/MartletNode/A.swift", "// TODO: later"),
            ("Sources/MartletNode/A.swift", "/// FIXME\nlet a = 1"),
            ("Sources/MartletNode/A.swift", String(repeating: "let a = 1\n", count: 401)),
            ("Sources/MartletNode/A.swift", "import MartletLogSQLite"),
            ("Sources/MartletGateway/A.swift", "@testable import MartletLogSQLite"),
            ("Sources/MartletDemo/A.swift", "internal import struct MartletLogPostgres.Log"),
            ("Sources/Martlet/A.swift", "internal import MartletNode"),
            ("Sources/Martlet/A.swift", "    @_exported public import MartletCore"),
        ])
    func offender(path: String, text: String) {
        #expect(SourceRules.findings(in: text, at: path).count == 1)
    }

    @Test(
        "What is allowed is not found",
        arguments: [
            ("Sources/MartletNode/A.swift", "// Its queue alone touches it.\nfinal class A: @unchecked Sendable {}"),
            ("Sources/MartletNode/A.swift", "// not `try!`, and no @unchecked Sendable"),
            ("Sources/MartletNode/A.swift", String(repeating: "let a = 1\n", count: 400)),
            ("Sources/MartletWire/Generated/a.pb.swift", String(repeating: "let a = 1\n", count: 401)),
            ("Sources/MartletNode/A.swift", "import MartletLog\nimport MartletLogTesting"),
            ("Sources/martlet/A.swift", "internal import MartletLogSQLite"),
            ("Sources/martlet-bench/A.swift", "internal import MartletLogSQLite"),
            ("Sources/MartletGateway/A.swift", "internal import MartletNode"),
            ("Sources/Martlet/A.swift", "internal import MartletWire\n// import MartletNode"),
        ])
    func innocent(path: String, text: String) {
        #expect(SourceRules.findings(in: text, at: path) == [])
    }
}

@Suite("The documents")
struct DocumentTests {
    static var documents: [String] {
        get throws { ["README.md", "CHANGELOG.md"] + (try House.files(below: "docs", ending: ".md")) }
    }

    @Test("The README's Swift is the example that is compiled and run")
    func example() throws {
        let source = try House.text("Tests/MartletCommandTests/ReadmeExample.swift")
        let example = try #require(Excerpt.between("// README: begin", "// README: end", in: source))
        #expect(Markdown(text: try House.text("README.md")).blocks("swift") == [example])
    }

    @Test("Every relative link leads somewhere")
    func links() throws {
        for document in try Self.documents {
            let folder = document.split(separator: "/").dropLast().map { "\($0)/" }.joined()
            for link in Markdown(text: try House.text(document)).relativeLinks {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let target = parts[0].isEmpty ? document : folder + parts[0]
                #expect(House.exists(target), "\(document) links to \(link)")
                if parts.count > 1, House.exists(target) {
                    let anchors = Markdown(text: try House.text(target)).anchors
                    #expect(anchors.contains(String(parts[1])), "\(document) links to \(link)")
                }
            }
        }
    }

    @Test("Links are found in text and not in code")
    func reading() {
        let text = """
            # A `b`: and c
            [one](a.md), ![two](b/c.png#d), [web](https://example.org), `[code](x)`
            ```sh
            [no](y)
            ```
            """
        #expect(Markdown(text: text).relativeLinks == ["a.md", "b/c.png#d"])
        #expect(Markdown(text: text).anchors == ["a-b-and-c"])
        #expect(Markdown(text: text).blocks("sh") == ["[no](y)\n"])
    }

    @Test("An excerpt is what stands between its marks, and none without them")
    func excerpt() {
        #expect(Excerpt.between("// a", "// b", in: "x\n// a\ny\n// b\n") == "y\n")
        #expect(Excerpt.between("// a", "// b", in: "x\n// a\ny\n") == nil)
    }
}
