import Foundation
import Testing

@testable import martlet_cli

@Suite("Commands about jobs", .serialized, .timeLimit(.minutes(2)))
struct JobCommandTests {
    @Test("A job is submitted, shown, listed, cancelled; then redriving it is refused")
    func lifeOfAJob() async throws {
        try await withServer { server, _ in
            let id = try await server.output(
                "submit", "resize", "{}", "--queue", "images", "--delay", "1h", "--priority", "7")
            let job = try await server.output("get", id)
            #expect(job.contains("scheduled"))
            #expect(job.contains("resize"))

            let cells = try await server.output("list", "--queue", "images").split(separator: "\t")
            #expect(cells.prefix(5) == [Substring(id), "resize", "images", "scheduled", "0"])
            #expect(try await server.output("list", "--queue", "other").isEmpty)
            #expect(try await server.output("list", "--state", "dead").isEmpty)
            #expect(try await server.output("queues") == "images\t1\t0\t0\t0\t0\t0\t0\t0\t-")

            #expect(try await server.output("cancel", id) == "\(id)\tcancelled")
            #expect(try await server.run("redrive", id).status == 65)
            let events = try await server.output("events", id).split(separator: "\n").map {
                $0.split(separator: "\t")[2]
            }
            #expect(events == ["submitted", "cancelled"])
        }
    }

    @Test("JSON has the names of the HTTP API, one object on each line")
    func jsonHasTheNamesOfTheAPI() async throws {
        try await withServer { server, _ in
            let submitted = try object(try await server.output("submit", "k", "hi", "--timeout", "90s", "--json"))
            let id = try #require(submitted["id"] as? String)
            let job = try object(try await server.output("get", id, "--json"))
            #expect(job["state"] as? String == "QUEUED")
            #expect(job["timeout"] as? String == "90s")
            #expect(job["payload"] as? String == Data("hi".utf8).base64EncodedString())
            #expect((job["retry"] as? [String: Any])?["attempts"] as? Int == 25)
            let event = try object(try await server.output("events", id, "--json"))
            #expect(event["position"] is String)
            #expect(try object(try await server.output("queues", "--json"))["queued"] as? String == "1")
        }
    }

    @Test("A list follows pages up to its limit, and says where to go on")
    func listFollowsPages() async throws {
        try await withServer { server, _ in
            let lines = (0..<1200).map { "{\"kind\":\"k\",\"payload\":\($0)}\n" }.joined()
            #expect(try await server.run("submit", "--ndjson", "-", input: lines).lines.count == 1200)

            let first = try await server.run("list", "--limit", "1100")
            #expect(first.lines.count == 1100)
            let token = try #require(first.errors.split(separator: " ").last).trimmingCharacters(in: .newlines)
            let rest = try await server.run("list", "--page", token)
            #expect(rest.lines.count == 100)
            #expect(rest.errors.isEmpty)
            #expect(Set(first.lines + rest.lines).count == 1200)
        }
    }

    @Test("The exit status says what went wrong")
    func exitStatus() async throws {
        let nowhere = ["MARTLET_SERVER": "127.0.0.1:1"]
        #expect(try await MartletProcess.run("queues", environment: nowhere).status == 69)
        #expect(try await MartletProcess.run("submit", "k", environment: nowhere).status == 69)
        #expect(try await MartletProcess.run("submit").status == 64)
        #expect(try await MartletProcess.run("queues", "--server", "nonsense").status == 64)
        #expect(try await MartletProcess.run("submit", "k", "--delay", "soon").status == 64)
        #expect(try await MartletProcess.run("redrive", "--all").status == 64)
        #expect(try await MartletProcess.run("version").output == "\(Version.current)\n")
        try await withServer { server, _ in
            let unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
            for command in ["get", "cancel", "redrive", "events"] {
                #expect(try await server.run(command, unknown).status == 66, "\(command)")
            }
            #expect(try await server.run("get", "nonsense").status == 65)
            #expect(try await server.run("submit", "k", "--queue", "no spaces").status == 65)
            #expect(try await server.run("submit", "k", "--wait", "10ms").status == 75)
            // What can be changed is, although another cannot.
            let id = try await server.output("submit", "k")
            let mixed = try await server.run("cancel", unknown, id)
            #expect(mixed.status == 66)
            #expect(mixed.output == "\(id)\tcancelled\n")
        }
    }

    @Test("A key returns the same job")
    func keyReturnsTheSameJob() async throws {
        try await withServer { server, scratch in
            let file = scratch + "/payload"
            try Data([0, 255, 10]).write(to: URL(fileURLWithPath: file))
            let first = try await server.output("submit", "k", "--payload-file", file, "--key", "a-1")
            #expect(try await server.output("submit", "k", "--payload-file", file, "--key", "a-1") == first)
            #expect(try await server.run("submit", "k", "other", "--key", "a-1").status == 65)
            #expect(try await server.output("get", first, "--json").contains(#""payload":"AP8K""#))
        }
    }

    @Test("A bad line names itself and its field; nothing of its batch is submitted, earlier batches are")
    func badLineIsNamed() async throws {
        try await withServer { server, _ in
            let good = String(repeating: "{\"kind\":\"k\"}\n", count: 1500)
            let end = try await server.run(
                "submit", "--ndjson", "-", "--json", input: good + "{\"kind\":\"k\",\"prio\":1}\n")

            #expect(end.status == 65)
            #expect(end.errors.contains("line 1501: prio"))
            #expect(end.errors.contains("from line 1001 on"))
            #expect(end.lines.count == 1000)
            #expect(end.lines.last?.hasSuffix(",\"line\":1000}") == true)
            #expect(try await server.output("queues").hasPrefix("default\t0\t1000\t"))
        }
    }

    @Test("A line that the server refuses is named too")
    func refusedLineIsNamed() async throws {
        try await withServer { server, _ in
            let lines = "{\"kind\":\"k\"}\n\n{\"kind\":\"k\",\"priority\":11}\n"
            let end = try await server.run("submit", "--ndjson", "-", input: lines)

            #expect(end.status == 65)
            #expect(end.errors.contains("line 3: "))
            #expect(end.output.isEmpty)
            #expect(try await server.output("queues").isEmpty)
        }
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}
