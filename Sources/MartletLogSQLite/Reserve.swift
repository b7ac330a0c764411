internal import Glibc
internal import MartletLog

/// A file that does nothing but take up room, to be deleted when the disk is full.
struct Reserve: Sendable {
    let folder: DataFolder
    /// 0 for none.
    let size: Int

    var isWhole: Bool {
        get throws(LogError) { try folder.status(of: folder.reserve).map { $0.allocated >= size } ?? false }
    }

    /// Takes the room, whole or not at all. False when there is not enough.
    func restore() throws(LogError) -> Bool {
        guard size > 0 else { return false }
        if try isWhole { return true }
        let descriptor = open(folder.reserve, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOSPC { return false }
            throw .system("cannot make \(folder.reserve)", code)
        }
        // Blocks, not a hole: where the file system cannot allocate, the C library writes zeros.
        var code = posix_fallocate(descriptor, 0, off_t(size))
        if code == 0, fsync(descriptor) != 0 { code = errno }
        Glibc.close(descriptor)
        guard code != 0 else { return true }
        _ = try release()
        if code == ENOSPC || code == EDQUOT || code == EFBIG { return false }
        throw .system("cannot reserve \(size) bytes in \(folder.reserve)", code)
    }

    /// Runs `body`, and once more without the reserve when there is no room for it.
    func yielding<Value>(_ body: () throws(LogError) -> Value) throws(LogError) -> Value {
        do throws(LogError) {
            return try body()
        } catch {
            guard error == .full, try release() else { throw error }
            return try body()
        }
    }

    /// Gives the room back. False when there was nothing to give.
    func release() throws(LogError) -> Bool {
        if unlink(folder.reserve) == 0 {
            // Journalling file systems free the blocks only with the journal's next commit.
            try folder.sync()
            return true
        }
        let code = errno
        guard code == ENOENT else { throw .system("cannot delete \(folder.reserve)", code) }
        return false
    }
}
