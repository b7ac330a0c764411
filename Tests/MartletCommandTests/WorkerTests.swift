import CMartletSystem
import Foundation
import Glibc
import Testing

@testable import martlet_cli

@Suite("martlet worker --exec", .serialized, .timeLimit(.minutes(2)))
struct WorkerTests {
    @Test("The payload is standard input, the job is in the environment, standard output is the result")
    func inputEnvironmentOutput() async throws {
        try await withServer { server, _ in
            let worker = try await server.worker(
                "cat; echo \" $MARTLET_ATTEMPT $MARTLET_KIND $MARTLET_QUEUE $MARTLET_TIMEOUT $FROM_WORKER\"")
            let result = try await server.output("submit", "k", "hello", "--timeout", "90s", "--wait", "20s")
            #expect(result == "hello 1 k default 90 yes")
            #expect(try await server.output("workers").contains("connected"))
            worker.send(SIGTERM)
            #expect(try await worker.finish().status == 0)
        }
    }

    @Test("0 succeeds, 65 is final, anything else is tried again, with the last of standard error as the reason")
    func exitCodes() async throws {
        try await withServer { server, _ in
            let worker = try await server.worker(
                """
                case $MARTLET_KIND in
                  refuse) echo no good >&2; exit 65 ;;
                  fail) echo try again >&2; exit 3 ;;
                  die) kill -9 $$ ;;
                  long) yes ;;
                  talk) yes x | head -c 9000 >&2; echo END >&2; exit 1 ;;
                esac
                """)
            func end(_ kind: String, _ attempts: String = "1") async throws -> String {
                let end = try await server.run("submit", kind, "--attempts", attempts, "--wait", "20s")
                #expect(end.status == 1)
                return end.errors
            }
            #expect(try await end("refuse", "5").contains("refused: no good"))
            #expect(try await end("fail").contains("exit-3: try again"))
            #expect(try await end("die").contains("signal-9"))
            #expect(try await end("long").contains("result too large"))
            let talk = try await end("talk")
            #expect(talk.contains("x\nEND"))
            #expect((2000...2300).contains(talk.utf8.count))
            _ = worker
        }
    }

    @Test("A time-out, the worker's limit, or a cancellation ends the whole process group")
    func groupIsEnded() async throws {
        try await withServer { server, scratch in
            let (timed, cancelled) = (try makePipe(scratch + "/timed"), try makePipe(scratch + "/cancelled"))
            let deaf = try await server.worker(
                "trap '' TERM; sleep 1000 & echo $! > \(scratch)/$MARTLET_KIND; wait", ["--concurrency", "2"])
            async let end = server.run("submit", "timed", "--timeout", "500ms", "--attempts", "1", "--wait", "20s")
            let id = try await server.output("submit", "cancelled")
            let sleepers = [try await word(from: timed), try await word(from: cancelled)]
            #expect(try await server.run("cancel", id).status == 0)
            #expect(try await end.errors.contains("timeout"))
            for sleeper in sleepers { try await hasEnded(sleeper) }
            deaf.send(SIGTERM)
            #expect(try await deaf.finish().status == 0)
        }
    }

    @Test("The worker's own limit holds for every job")
    func limitHolds() async throws {
        try await withServer { server, scratch in
            let pipe = try makePipe(scratch + "/pid")
            let worker = try await server.worker("sleep 1000 & echo $! > \(pipe); wait", ["--timeout", "300ms"])
            async let end = server.run("submit", "k", "--attempts", "1", "--wait", "20s")
            try await hasEnded(try await word(from: pipe))
            #expect(try await end.errors.contains("timeout: the command took longer than 300ms"))
            _ = worker
        }
    }

    @Test("kill -9 of the worker ends its commands too")
    func commandsDieWithTheirWorker() async throws {
        try await withServer { server, scratch in
            let pipe = try makePipe(scratch + "/pid")
            let worker = try await server.worker("sleep 1000 & echo $! > \(pipe); wait")
            _ = try await server.output("submit", "k")
            let sleeper = try await word(from: pipe)

            worker.send(SIGKILL)

            #expect(try await worker.finish().status == 128 + SIGKILL)
            try await hasEnded(sleeper)
        }
    }

    @Test("A background process that a command leaves behind does not hold up its job, and is killed")
    func leftoversAreKilled() async throws {
        try await withServer { server, scratch in
            let pipe = try makePipe(scratch + "/pid")
            let worker = try await server.worker("sleep 1000 & echo $! > \(pipe); echo done")
            async let result = server.output("submit", "k", "--wait", "20s")
            try await hasEnded(try await word(from: pipe))
            #expect(try await result == "done")
            _ = worker
        }
    }

    @Test("Many jobs leave no descriptor and no zombie, and a command inherits no descriptor")
    func nothingLeaks() async throws {
        try await withServer { server, _ in
            let worker = try await server.worker("ls /proc/self/fd | wc -l", ["--concurrency", "8"])
            // Its own three, and the folder that ls reads.
            #expect(try await server.output("submit", "k", "--wait", "20s").trimmingCharacters(in: .whitespaces) == "4")
            let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker.pid)/fd").count
            let lines = String(repeating: "{\"kind\":\"k\"}\n", count: 200)
            let ids = try await server.run("submit", "--ndjson", "-", input: lines).lines
            #expect(ids.count == 200)
            for id in ids { #expect(try await server.run("get", id, "--wait", "60s").status == 0) }

            // Its children: the guard, and nobody else.
            #expect(try children(of: worker.pid).count == 1)
            let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker.pid)/fd").count
            #expect(after <= before + 2)
            worker.send(SIGTERM)
            let end = try await worker.finish()
            #expect(end.status == 0, "\(end.errors)")
        }
    }

    @Test("SIGTERM lets a running command end, and its result counts")
    func drains() async throws {
        try await withServer { server, scratch in
            let (begun, go) = (try makePipe(scratch + "/begun"), try makePipe(scratch + "/go"))
            let worker = try await server.worker("echo > \(begun); read line < \(go); echo $line")
            let id = try await server.output("submit", "k")
            _ = try await word(from: begun)
            worker.send(SIGTERM)
            _ = try await worker.error(containing: "\"ending\"")
            try await OwnThread.run {
                Result { try "finished\n".write(toFile: go, atomically: false, encoding: .utf8) }
            }.get()

            #expect(try await worker.finish().status == 0)
            let result = Data("finished\n".utf8).base64EncodedString()
            #expect(try await server.output("get", id, "--json").contains(result))
        }
    }

    @Test("A command that is not there, or not given, is said before any job is taken")
    func missingCommand() async throws {
        #expect(try await MartletProcess.run("worker", "--exec", "no-such-command-anywhere").status == 66)
        #expect(try await MartletProcess.run("worker").status == 64)
    }
}

extension WorkerTests {
    /// A pipe with a name, through which a command tells the test something.
    private func makePipe(_ path: String) throws -> String {
        try #require(mkfifo(path, 0o600) == 0)
        return path
    }

    /// What a command writes to a named pipe, once it does.
    private func word(from pipe: String) async throws -> String {
        let bytes = try await OwnThread.run {
            Result { () throws(CommandError) in try InputFile(pipe).readAll(limit: 100) }
        }
        return String(decoding: try bytes.get(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until a process that is not ours has ended; a zombie that nobody has taken yet counts.
    private func hasEnded(_ pid: String) async throws {
        let number = try #require(pid_t(pid))
        let descriptor = pidfd_open(number, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let count = try await OwnThread.run { () -> Int32 in
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&watched, 1, 20_000)
        }
        #expect(count == 1, "process \(pid) lives")
    }

    private func children(of pid: pid_t) throws -> [String] {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        return try tasks.flatMap { task in
            try String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8).split(separator: " ").map(
                String.init)
        }
    }
}
