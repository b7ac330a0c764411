import Foundation
import Testing

@testable import martlet_cli

/// A server on a folder of its own and on free ports.
struct TestServer {
    let process: MartletProcess
    let line: String
    let http: String
    let grpc: String

    /// Starts one; returns when it serves.
    static func start(_ folder: String, _ more: [String] = [], environment: [String: String] = [:]) async throws -> Self
    {
        let arguments = ["serve", "--data", folder, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"] + more
        let process = try MartletProcess(arguments, environment: environment)
        guard let line = try await process.line() else {
            let end = try await process.finish()
            throw CommandError("the server ended with \(end.status): \(end.errors)", .software)
        }
        let pattern = /martlet .* is serving: HTTP http:\/\/(?<http>\S+), gRPC (?<grpc>\S+), data (?<data>.*)/
        let match = try #require(try pattern.wholeMatch(in: line))
        return TestServer(process: process, line: line, http: String(match.http), grpc: String(match.grpc))
    }

    /// Runs a command against it.
    func run(_ arguments: String..., input: String = "") async throws -> MartletProcess.Finished {
        try await MartletProcess(arguments, input: Array(input.utf8), environment: ["MARTLET_SERVER": grpc]).finish()
    }

    /// Runs a command that must succeed; returns what it printed, without the last line's end.
    func output(_ arguments: String..., input: String = "") async throws -> String {
        let end = try await MartletProcess(
            arguments, input: Array(input.utf8), environment: ["MARTLET_SERVER": grpc]
        ).finish()
        guard end.status == 0 else {
            throw CommandError("\(arguments) ended with \(end.status): \(end.errors)", .software)
        }
        return end.output.hasSuffix("\n") ? String(end.output.dropLast()) : end.output
    }

    /// A worker of the queue `default` that runs a shell script; returns when it has begun.
    func worker(_ script: String, _ more: [String] = []) async throws -> MartletProcess {
        let arguments = ["worker", "--server", grpc] + more + ["--exec", "/bin/sh", "-c", script]
        let worker = try MartletProcess(arguments, environment: ["FROM_WORKER": "yes"])
        _ = try await worker.error(containing: "taking jobs")
        return worker
    }

    /// Asks it to end, and waits for that.
    func stop() async throws -> MartletProcess.Finished {
        process.send(SIGTERM)
        return try await process.finish()
    }
}

/// A folder that is gone when the test is over.
func withScratch<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A server that is gone when the test is over.
func withServer<R>(_ more: [String] = [], _ body: (TestServer, String) async throws -> R) async throws -> R {
    try await withScratch { scratch in
        let server = try await TestServer.start(scratch + "/data", more)
        return try await body(server, scratch)
    }
}
