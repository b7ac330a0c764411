internal import MartletLog
internal import MartletNode
internal import MartletView

/// Why a server does not start, in one paragraph that says what to do.
enum StartFailure {
    static func describe(_ error: any Error, in folder: ServerFolder) -> CommandError {
        switch error {
        case let error as CommandError: error
        case let error as LogError: CommandError(describe(error, folder.path), .failure)
        case let error as ViewError: CommandError(describe(error, folder.path), .failure)
        case let error as RecoveryError:
            CommandError("the folder \(folder.path) is not served: \(error)", .failure)
        case let error as NodeError:
            CommandError("the server could not take the lead of \(folder.path): \(error)", .failure)
        default: CommandError("the server could not start: \(error)", .failure)
        }
    }

    /// A port that is taken, most of the time.
    static func cannotListen(_ error: any Error, _ settings: ServeSettings) -> CommandError {
        CommandError(
            "cannot listen on \(settings.http) for HTTP and \(settings.grpc) for gRPC: \(error). Another program may have "
                + "one of them: choose others with --http and --grpc, or port 0 for any that is free", .failure)
    }

    private static func describe(_ error: LogError, _ folder: String) -> String {
        switch error {
        case .damaged:
            "\(error). Nothing is served from a log that is not whole, and nothing in \(folder) was changed. Restore the "
                + "folder from a backup; `martlet verify --data \(folder)` tells how far the log is sound"
        case .newerVersion:
            "\(error). Start the release that wrote \(folder), or a later one; nothing was changed"
        case .held(let holder):
            "the log in \(folder) is in use by \(holder). Stop that process, or choose another folder with --data"
        case .full:
            "there is no room on the disk of \(folder). Make room, then start again"
        case .forgotten:
            "\(error), and the view in \(folder) does not reach that far: it is missing or older than its log. Restore log "
                + "and view from one backup"
        case .notCovered, .engine, .stopped:
            "the log in \(folder) cannot be used: \(error). Check the disk, and that this user may write there"
        }
    }

    private static func describe(_ error: ViewError, _ folder: String) -> String {
        switch error {
        case .damaged, .foreign:
            "\(error). Log and view belong together, and the log may have forgotten what the view keeps: restore both "
                + "from one backup of \(folder). Nothing was changed"
        case .newerVersion:
            "\(error). Start the release that wrote \(folder), or a later one; nothing was changed"
        case .full:
            "there is no room on the disk of \(folder). Make room, then start again"
        case .engine, .busy, .stopped:
            "the view in \(folder) cannot be used: \(error). Check the disk, and that this user may write there"
        }
    }
}
