import Foundation
import Glibc
import MartletSQLite
import Testing

@testable import martlet_cli

@Suite("martlet serve", .serialized, .timeLimit(.minutes(2)))
struct ServeTests {
    @Test("It keeps its folder for its owner, serves, and SIGTERM ends it with 0 and without a lock file")
    func servesAndEnds() async throws {
        try await withServer { server, scratch in
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch + "/data")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            #expect(server.line.hasSuffix("data \(scratch)/data"))

            let end = try await server.stop()

            #expect(end.status == 0)
            #expect(!FileManager.default.fileExists(atPath: scratch + "/data/martlet.lock"))
        }
    }

    @Test("A second server on the same folder is refused and told who has it")
    func secondServerIsRefused() async throws {
        try await withServer { server, scratch in
            let second = try await MartletProcess.run("serve", "--data", scratch + "/data", "--http", "127.0.0.1:0")

            #expect(second.status == 1)
            #expect(second.output.isEmpty)
            #expect(second.errors.contains("process \(server.process.pid)"))
            #expect(second.errors.contains("gRPC \(server.grpc)"))
            #expect(second.errors.contains("since 20"))
            #expect(try await server.run("queues").status == 0)
        }
    }

    @Test("A job that was acknowledged is there after kill -9 and a restart")
    func killedServerKeepsJobs() async throws {
        try await withScratch { scratch in
            let first = try await TestServer.start(scratch)
            let id = try await first.output("submit", "k", "hello")
            first.process.send(SIGKILL)
            #expect(try await first.process.finish().status == 128 + SIGKILL)

            let second = try await TestServer.start(scratch)

            let job = try await second.output("get", id, "--json")
            #expect(job.contains(#""payload":"aGVsbG8=""#))
            #expect(job.contains(#""state":"QUEUED""#))
        }
    }

    @Test("A clock that is months ahead of the folder is asked about, and believed when told to")
    func clockFarAheadIsAskedAbout() async throws {
        try await withScratch { scratch in
            let folder = scratch + "/data"
            func lastUsed(daysAgo days: Double) throws {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: folder)
            }
            #expect(try await TestServer.start(folder).stop().status == 0)

            try lastUsed(daysAgo: 91)
            let refused = try await MartletProcess.run("serve", "--data", folder, "--http", "127.0.0.1:0")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("--accept-clock"))
            #expect(try await TestServer.start(folder, ["--accept-clock"]).stop().status == 0)

            // What has run now has left its sign, and a long rest is no question.
            #expect(try await TestServer.start(folder).stop().status == 0)
            try lastUsed(daysAgo: 89)
            #expect(try await TestServer.start(folder).stop().status == 0)
        }
    }

    @Test("A second signal ends it at once, although a request is still on its way")
    func secondSignalEndsAtOnce() async throws {
        try await withServer { server, _ in
            let socket = try HalfRequest(to: server.http)
            // Two that cannot merge, in either order: the second finds the first one's end under way.
            server.process.send(SIGTERM)
            server.process.send(SIGINT)

            let status = try await server.process.finish().status
            #expect(status == 128 + SIGTERM || status == 128 + SIGINT)
            _ = socket
        }
    }

    @Test("An orderly end takes no longer than it may")
    func drainIsBounded() async throws {
        try await withServer(["--drain-timeout", "300ms"]) { server, _ in
            let socket = try HalfRequest(to: server.http)
            let end = try await server.stop()

            #expect(end.status == 0)
            _ = socket
        }
    }

    @Test("A port that is taken is said, with what to do, and status 1")
    func takenPortIsRefused() async throws {
        try await withServer { server, scratch in
            let second = try await MartletProcess.run(
                "serve", "--data", scratch + "/other", "--http", server.http, "--grpc", "127.0.0.1:0")

            #expect(second.status == 1)
            #expect(second.errors.contains(server.http))
            #expect(second.errors.contains("--http"))
        }
    }

    @Test(
        "Addresses that others can reach are refused",
        arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0"])
    func beyondLoopbackIsRefused(_ address: String) async throws {
        try await withScratch { scratch in
            let refused = try await MartletProcess.run("serve", "--data", scratch + "/data", "--grpc", address)

            #expect(refused.status == 64)
            #expect(refused.errors.contains("--insecure-listen-anywhere"))
            #expect(!FileManager.default.fileExists(atPath: scratch + "/data"))
        }
    }

    @Test("With --insecure-listen-anywhere they are not")
    func insecureListens() async throws {
        try await withScratch { scratch in
            let process = try MartletProcess([
                "serve", "--data", scratch, "--http", "0.0.0.0:0", "--grpc", "127.0.0.1:0",
                "--insecure-listen-anywhere",
            ])
            #expect(try await process.line()?.contains("http://0.0.0.0:") == true)
        }
    }

    @Test("The environment wins over the file, a flag over both, and a wrong setting is named with its place")
    func settingsHaveAnOrder() async throws {
        try await withScratch { scratch in
            let file = scratch + "/martlet.conf"
            try "# a comment\ndata = \(scratch)/file\nretention = soon\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let broken = try await MartletProcess.run("serve", "--config", file)
            #expect(broken.status == 78)
            #expect(broken.errors.contains("line 3 of \(file)"))

            let server = try await TestServer.start(
                scratch + "/flag", ["--config", file],
                environment: ["MARTLET_RETENTION": "1d", "MARTLET_DATA": scratch + "/environment"])
            #expect(server.line.hasSuffix("data \(scratch)/flag"))
            #expect(!FileManager.default.fileExists(atPath: scratch + "/environment"))
        }
    }
}

/// A connection that has begun a request and does not end it.
final class HalfRequest {
    private let descriptor: Int32

    init(to address: String) throws {
        let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let text = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
    }

    deinit { close(descriptor) }
}
