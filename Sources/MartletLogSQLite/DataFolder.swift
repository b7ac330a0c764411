internal import Glibc
internal import MartletLog

/// The folder of one log, and the names in it.
struct DataFolder: Sendable {
    let path: String

    var database: String { path + "/log.db" }
    var mark: String { path + "/log.mark" }
    var reserve: String { path + "/reserve" }

    /// Makes the folder, for its owner alone, unless it is there. Its parent must exist.
    func make() throws(LogError) {
        if mkdir(path, 0o700) == 0 {
            try sync(path + "/..")
            return
        }
        let code = errno
        guard code == EEXIST else { throw .system("cannot make the folder \(path)", code) }
        guard try status(of: path)?.isFolder == true else { throw .engine("\(path) is not a folder") }
    }

    /// Makes an empty file, for its owner alone, unless it is there. True when it was made.
    ///
    /// SQLite would make it too, readable by others. A file that is there is not opened: closing it again would
    /// take away the lock that SQLite, in this same process, may have on it.
    func makeFile(_ file: String) throws(LogError) -> Bool {
        if let status = try status(of: file) {
            guard status.isFile else { throw .engine("\(file) is not a file") }
            return false
        }
        let descriptor = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("cannot make \(file)", errno) }
        Glibc.close(descriptor)
        return true
    }

    /// Makes the names in the folder durable.
    func sync() throws(LogError) {
        try sync(path)
    }

    /// What the file system says of a file; nil when there is none.
    func status(of file: String) throws(LogError) -> FileStatus? {
        var status = stat()
        if stat(file, &status) == 0 { return FileStatus(status) }
        let code = errno
        guard code == ENOENT else { throw .system("cannot look at \(file)", code) }
        return nil
    }

    private func sync(_ folder: String) throws(LogError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open the folder \(folder)", errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("cannot sync the folder \(folder)", errno) }
    }
}

/// The few facts about a file that matter here.
struct FileStatus: Sendable {
    let isFile: Bool
    let isFolder: Bool
    let size: Int
    /// What it takes on the disk, which for a file with holes is less than its size.
    let allocated: Int

    init(_ status: stat) {
        isFile = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        size = Int(status.st_size)
        allocated = Int(status.st_blocks) * 512
    }
}

extension LogError {
    /// A system call that failed, in the system's own words.
    static func system(_ what: String, _ code: Int32) -> LogError {
        .engine("\(what): \(String(cString: strerror(code)))")
    }
}
