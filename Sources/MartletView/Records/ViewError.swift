internal import MartletSQLite

/// Why the view could not do as asked. The texts are for operators and hold no payload.
public enum ViewError: Error, Sendable, Equatable {
    /// The disk is full. Nothing is lost: what was projected stays in memory and is written once there is room.
    case full(String)
    /// Somebody reads for too long. Nothing is lost: to be tried again.
    case busy(String)
    /// The file, or a record in it, is not as it was written.
    case damaged(String)
    /// The file is no view, or the view of another log.
    case foreign(String)
    /// A newer release wrote the file.
    case newerVersion(found: Int, supported: Int)
    /// SQLite failed in another way.
    case engine(String)
    /// A write failed, or the view was closed: it can be read no more. The text is the cause.
    case stopped(String)

    init(_ error: any Error) {
        switch error {
        case let error as ViewError: self = error
        case let error as SQLiteError where error.isDiskFull: self = .full(error.description)
        case let error as SQLiteError where error.isCorrupt: self = .damaged(error.description)
        default: self = .engine(String(describing: error))
        }
    }
}

extension ViewError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full(let cause): "the view's disk is full: \(cause)"
        case .busy(let cause): "the view is busy: \(cause)"
        case .damaged(let cause): "the view is damaged: \(cause)"
        case .foreign(let cause): "not this node's view: \(cause)"
        case .newerVersion(let found, let supported):
            "the view has format version \(found), this release reads up to \(supported): use a newer release"
        case .engine(let cause): "the view failed: \(cause)"
        case .stopped(let cause): "the view has stopped: \(cause)"
        }
    }
}
