import Foundation
import Glibc
import MartletSQLite
import Testing

@testable import martlet_cli

@Suite("A folder that cannot be served", .serialized, .timeLimit(.minutes(2)))
struct FolderTests {
    /// Starts a server there, which must refuse with status 1 and one paragraph.
    private func refusal(_ folder: String) async throws -> String {
        let end = try await MartletProcess.run(
            "serve", "--data", folder, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--log-level", "critical")
        #expect(end.status == 1)
        #expect(end.output.isEmpty)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        return end.errors
    }

    /// A folder that a server has used, with so many jobs.
    private func used(_ folder: String, jobs: Int = 1) async throws {
        let server = try await TestServer.start(folder)
        for _ in 0..<jobs { _ = try await server.output("submit", "k") }
        #expect(try await server.stop().status == 0)
    }

    @Test("A file in its place")
    func fileInPlace() async throws {
        try await withScratch { scratch in
            try Data().write(to: URL(fileURLWithPath: scratch + "/file"))
            for folder in ["/file", "/file/data"] {
                let words = try await refusal(scratch + folder)
                #expect(words.contains("\(scratch)/file is a file"))
            }
        }
    }

    @Test("One that cannot be made, nor its parents' parents: nothing is left behind")
    func unwritable() async throws {
        let words = try await refusal("/proc/martlet/data")
        #expect(words.contains("--data"))
    }

    @Test("A log of a newer release: nothing in the folder has changed")
    func newerLog() async throws {
        try await withScratch { scratch in
            try await used(scratch)
            try Database(path: scratch + "/log.db").execute("PRAGMA user_version = 99")
            let before = try FileManager.default.contentsOfDirectory(atPath: scratch).sorted()

            let words = try await refusal(scratch)
            #expect(words.contains("newer release"))

            let after = try FileManager.default.contentsOfDirectory(atPath: scratch).sorted()
            #expect(after.filter { !$0.hasSuffix("-wal") } == before.filter { !$0.hasSuffix("-wal") })
        }
    }

    @Test("A view of a newer release")
    func newerView() async throws {
        try await withScratch { scratch in
            try await used(scratch)
            try Database(path: scratch + "/view.db").execute("PRAGMA user_version = 99")
            let words = try await refusal(scratch)
            #expect(words.contains("newer release"))
        }
    }

    @Test("A log that is no log, and a view that is no view")
    func garbage() async throws {
        for name in ["log.db", "view.db"] {
            try await withScratch { scratch in
                try await used(scratch)
                try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: "\(scratch)/\(name)"))
                let words = try await refusal(scratch)
                #expect(words.lowercased().contains("restore"))
                #expect(!FileManager.default.fileExists(atPath: scratch + "/martlet.lock"))
            }
        }
    }

    @Test("A view ahead of its log, from another backup: the server and verify both refuse it")
    func viewAhead() async throws {
        try await withScratch { scratch in
            let (data, old) = (scratch + "/data", scratch + "/old")
            try await used(data)
            try FileManager.default.copyItem(atPath: data, toPath: old)
            try await used(data, jobs: 3)
            for name in try FileManager.default.contentsOfDirectory(atPath: old) where name.hasPrefix("log") {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
                try FileManager.default.copyItem(atPath: "\(old)/\(name)", toPath: "\(data)/\(name)")
            }

            let words = try await refusal(data)
            #expect(words.contains("the log has lost entries"))
            let verified = try await MartletProcess.run("verify", "--data", data)
            #expect(verified.status == 1)
            #expect(verified.errors.contains("the log has lost entries"))
        }
    }

    @Test("verify tells where a sound folder stands, and refuses one that is in use, damaged or not there")
    func verify() async throws {
        try await withScratch { scratch in
            #expect(try await MartletProcess.run("verify", "--data", scratch).status == 66)
            #expect(try await MartletProcess.run("verify", "--data", scratch + "/none").status == 66)
            try await used(scratch)
            let sound = try await MartletProcess.run("verify", "--data", scratch)
            #expect(sound.status == 0, "\(sound.errors)")
            #expect(sound.lines.contains { $0.hasPrefix("entries") })
            #expect(sound.lines.contains { $0.split(separator: " ") == ["behind", "0"] })

            let server = try await TestServer.start(scratch)
            let busy = try await MartletProcess.run("verify", "--data", scratch)
            #expect(busy.status == 1)
            #expect(busy.errors.contains("process \(server.process.pid)"))
            _ = try await server.stop()

            try Database(path: scratch + "/log.db").execute("UPDATE entries SET body = x'00' WHERE position = 1")
            let damaged = try await MartletProcess.run("verify", "--data", scratch)
            #expect(damaged.status == 1)
            #expect(damaged.errors.contains("position 1"))
        }
    }
}
