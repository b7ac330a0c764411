import Testing

@Suite("The README's Swift example", .timeLimit(.minutes(1)))
struct ReadmeExampleTests {
    @Test("It submits, a worker handles it, and the result comes back, on the ports that are built in")
    func runs() async throws {
        try await withServer(["--grpc", "127.0.0.1:7481"]) { _, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runWorker() }
                let first = try await sendWelcome(to: "ada@example.org", user: 7)
                let again = try await sendWelcome(to: "ada@example.org", user: 7)

                #expect(first.hasPrefix("ada@example.org/"))
                #expect(again == first)
                group.cancelAll()
            }
        }
    }
}
