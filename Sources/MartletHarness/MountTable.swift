internal import Glibc

/// Whether a folder is on a file system in memory, where a sync costs nothing.
public func isInMemory(folder: String) throws -> Bool {
    guard let resolved = realpath(folder, nil) else { throw HarnessError("cannot find \(folder): \(errnoText())") }
    defer { free(resolved) }
    let path = String(cString: resolved) + "/"
    // device, mount point, type, …: the longest mount point above the folder counts.
    let mounts = try readText("/proc/self/mounts").split(separator: "\n").map { $0.split(separator: " ") }
    let above = mounts.filter { mount in
        guard mount.count > 2 else { return false }
        return path.hasPrefix(mount[1] == "/" ? "/" : mount[1] + "/")
    }
    let nearest = above.max { $0[1].count < $1[1].count }
    return nearest.map { $0[2] == "tmpfs" || $0[2] == "ramfs" } ?? false
}
