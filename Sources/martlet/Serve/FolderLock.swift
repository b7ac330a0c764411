internal import CMartletSystem
internal import Glibc
internal import Synchronization

/// Makes sure that one process at a time uses a folder, and tells everybody else which one it is.
///
/// The kernel lets go of the lock when its holder dies, however it dies; what the file says is only for people.
final class FolderLock: Sendable {
    private let descriptor: Int32
    private let path: String
    private let start: String
    private let isHeld = Mutex(true)

    /// - Throws: who holds the folder, if someone does.
    init(_ folder: ServerFolder, start: String) throws(CommandError) {
        path = folder.lock
        self.start = start
        while true {
            let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw CommandError("cannot write to the folder \(folder.path): \(SystemError.last)", .failure)
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = SystemError.last
                let holder = Self.text(descriptor)
                close(descriptor)
                guard error.code == EWOULDBLOCK else {
                    throw CommandError("cannot lock the folder \(folder.path): \(error)", .failure)
                }
                throw Self.refusal(folder, holder)
            }
            // Its last holder may have removed the file between our opening and our locking it.
            if martlet_is_same_file(descriptor, folder.lock) != 0 {
                self.descriptor = descriptor
                break
            }
            close(descriptor)
        }
        say([])
    }

    /// Adds where the server listens.
    func listens(http: String, grpc: String) {
        say(["HTTP \(http)", "gRPC \(grpc)"])
    }

    /// Removes the file, and with it the lock. Called once more, it does nothing.
    func release() {
        isHeld.withLock { isHeld in
            guard isHeld else { return }
            isHeld = false
            // In this order: whoever opened the file before sees that it is gone, and makes a new one.
            unlink(path)
            close(descriptor)
        }
    }

    private func say(_ more: [String]) {
        let text = (["process \(getpid())", "since \(start)"] + more).joined(separator: "\n") + "\n"
        // For people only: the lock holds, whether this can be written or not.
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    private static func refusal(_ folder: ServerFolder, _ holder: String) -> CommandError {
        let who = holder.isEmpty ? "a process that is just starting" : holder
        return CommandError(
            "the folder \(folder.path) is in use by another martlet: \(who). Stop that one, or choose another folder "
                + "with --data", .failure)
    }

    private static func text(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        return Table.visible(text.split(separator: "\n").joined(separator: ", "))
    }
}
