internal import Martlet

/// Why a command ends without having done its work: what to say, and with which status to end.
struct CommandError: Error, Equatable, CustomStringConvertible {
    var message: String
    var status: ExitStatus

    init(_ message: String, _ status: ExitStatus) {
        self.message = message
        self.status = status
    }

    var description: String { message }
}

extension CommandError {
    /// What went wrong in talking to the server, in words for whoever typed the command.
    init(_ error: any Error, server: ServerAddress) {
        switch error {
        case let error as CommandError:
            self = error
        case let error as MartletError:
            self.init(error, server: server)
        case let error as JobFailedError:
            self.init(error.description, .failure)
        case is CancellationError:
            self.init("interrupted", .signal(2))
        default:
            self.init("\(error)", .software)
        }
    }

    private init(_ error: MartletError, server: ServerAddress) {
        var message = error.message
        if let field = error.field, !message.contains(field) { message += " (\(field))" }
        switch error.code {
        case .unavailable:
            if message.hasSuffix(".") { message.removeLast() }
            message = "the server at \(server) does not answer: \(message). Is `martlet serve` running there?"
        case .outcomeUnknown:
            message += ". It may have been done or not: look before you repeat it, or submit with --key"
        case .resourceExhausted:
            if let wait = error.retryAfter { message += "; try again in \(DurationText.format(wait))" }
        default:
            break
        }
        self.init(message, error.code.status)
    }
}

extension MartletError.Code {
    /// The exit status for this reason.
    var status: ExitStatus {
        switch self {
        case .invalidArgument, .conflict, .stale: .refused
        case .notFound: .unknown
        case .unavailable: .unavailable
        case .resourceExhausted, .outcomeUnknown, .cancelled, .deadlineExceeded: .tryAgain
        default: .software
        }
    }
}
