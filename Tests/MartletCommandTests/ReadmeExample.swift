// README: begin
import Martlet

struct EmailJob: JobDefinition {
    static let kind = "send-email"
    var to: String
    var subject: String

    struct Output: Codable, Sendable { var messageID: String }
}

/// Runs until its task is cancelled; in a `ServiceGroup` it finishes what it handles first.
func runWorker() async throws {
    let worker = MartletWorker(queues: ["mail"])
    worker.handle(EmailJob.self) { email, attempt in
        // The same token on every attempt: hand it to a mail service that knows it has sent this one.
        EmailJob.Output(messageID: "\(email.to)/\(attempt.idempotencyToken)")
    }
    try await worker.run()
}

func sendWelcome(to address: String, user: Int) async throws -> String {
    try await MartletClient.with { client in
        let email = EmailJob(to: address, subject: "Welcome")
        let job = try await client.submit(email, JobOptions(queue: "mail", idempotencyKey: "welcome:\(user)"))
        // Durable from here on, whatever crashes. Waiting for the result is optional.
        return try await client.result(of: job, as: EmailJob.self, within: .seconds(30)).messageID
    }
}
// README: end
