internal import Glibc

/// Holds every process that a driver starts, and ends them with it.
///
/// The children are in the process group of a small shell that waits for the end of a pipe from the driver. However
/// the driver ends, by itself, by Ctrl-C or by kill -9, the pipe closes: the shell removes the folder and kills the
/// whole group. Nothing is left behind on any path.
public final class Leash: Sendable {
    /// Where the children may write; gone with the leash.
    public let folder: String
    let group: pid_t
    private let pipe: Int32

    /// - Parameters:
    ///   - parent: where the folder is made.
    ///   - isKept: leaves the folder for whoever wants to look into it.
    public init(in parent: String, isKept: Bool = false) throws {
        folder = try Self.makeFolder(in: parent)
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw HarnessError("cannot make a pipe: \(errnoText())") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        pipe = ends[1]
        let script = #"read -r _; [ -z "$1" ] || rm -rf -- "$1"; kill -KILL 0"#
        group = try spawn(
            "/bin/sh", ["-c", script, "martlet-leash", isKept ? "" : folder],
            input: .descriptor(ends[0]), output: nil, errors: nil, group: 0)
    }

    /// Kills whatever still runs and removes the folder.
    public func end() {
        close(pipe)
        var status: Int32 = 0
        while waitpid(group, &status, 0) == -1, errno == EINTR {}
    }

    private static func makeFolder(in parent: String) throws -> String {
        var template = Array("\(parent)/martlet-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw HarnessError("cannot make a folder in \(parent): \(errnoText())")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The last error of the C library, for people.
func errnoText() -> String { String(cString: strerror(errno)) }
