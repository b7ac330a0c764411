internal import Glibc

/// The folder in which a server keeps everything.
struct ServerFolder: Sendable {
    /// Absolute, so that it means the same in every message.
    let path: String
    /// The folders made for it now, outermost first.
    private let made: [String]

    var view: String { path + "/view.db" }
    var log: String { path + "/log.db" }
    var lock: String { path + "/martlet.lock" }

    /// Makes the folder, for its owner alone, unless it is there.
    ///
    /// - Throws: what is in the way, and what to do about it; then nothing is left behind.
    static func prepare(_ path: String) throws(CommandError) -> ServerFolder {
        let path = absolute(path)
        var made: [String] = []
        do throws(CommandError) {
            for folder in ancestors(path) where try !isFolder(folder, wanted: path) {
                guard mkdir(folder, 0o700) == 0 else {
                    // Another process may have been quicker.
                    if errno == EEXIST { continue }
                    throw CommandError(
                        "cannot make the folder \(path): \(SystemError.last). Choose one that this user may write to, "
                            + "with --data", .failure)
                }
                made.append(folder)
            }
            guard access(path, R_OK | W_OK | X_OK) == 0 else {
                throw CommandError(
                    "cannot write to the folder \(path): \(SystemError.last). Give it to this user, or choose another "
                        + "one with --data", .failure)
            }
        } catch {
            remove(made)
            throw error
        }
        return ServerFolder(path: path, made: made)
    }

    /// The folder as it is, for a command that changes nothing.
    static func existing(_ path: String) throws(CommandError) -> ServerFolder {
        let folder = ServerFolder(path: absolute(path), made: [])
        guard try isFolder(folder.path, wanted: folder.path) else {
            throw CommandError("there is no folder \(folder.path)", .unknown)
        }
        return folder
    }

    /// Removes what was made now, if nothing has come into it.
    func leaveNothingBehind() { Self.remove(made) }

    private static func remove(_ folders: [String]) {
        // One that is not empty is kept, and with it those around it.
        for folder in folders.reversed() where rmdir(folder) != 0 { return }
    }

    private static func isFolder(_ path: String, wanted: String) throws(CommandError) -> Bool {
        // One that may be searched but not read is a folder too, on the way to another.
        if access(path + "/.", F_OK) == 0 { return true }
        let error = SystemError.last
        switch error.code {
        case ENOENT:
            return false
        case ENOTDIR:
            throw CommandError(
                "\(path) is a file, and a folder is needed there. Move it away, or choose another folder with --data",
                .failure)
        default:
            throw CommandError("cannot use the folder \(wanted): \(error)", .failure)
        }
    }

    /// `/a/b` and `/a` and so on, outermost first.
    private static func ancestors(_ path: String) -> [String] {
        var paths: [String] = []
        for part in path.split(separator: "/") { paths.append((paths.last ?? "") + "/" + part) }
        return paths
    }

    private static func absolute(_ path: String) -> String {
        var parts: [Substring] = []
        var text = path
        if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
            text = String(cString: current) + "/" + path
            free(current)
        }
        for part in text.split(separator: "/") where part != "." { parts.append(part) }
        return "/" + parts.joined(separator: "/")
    }
}
