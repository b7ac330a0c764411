internal import Glibc

/// The regular files under a directory, links not followed, in order.
public enum FileList {
    public static func files(under directory: String, limit: Int) throws -> [String] {
        var found: [String] = []
        var directories = [directory]
        while let next = directories.popLast(), found.count < limit {
            for entry in try entries(of: next, isRoot: next == directory) {
                let path = next.hasSuffix("/") ? next + entry : "\(next)/\(entry)"
                var status = stat()
                // Gone since it was listed.
                guard lstat(path, &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: directories.append(path)
                case S_IFREG: found.append(path)
                default: break
                }
            }
        }
        return Array(found.sorted().prefix(limit))
    }

    private static func entries(of directory: String, isRoot: Bool) throws -> [String] {
        guard let handle = opendir(directory) else {
            if isRoot { throw HarnessError("cannot open \(directory): \(errnoText())") }
            // A directory that is closed to us holds no files for us.
            return []
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            // A name that is not UTF-8 has no place in a JSON payload.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
