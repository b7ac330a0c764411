internal import Glibc
internal import MartletLog

/// The file of the high-water mark: two slots, overwritten in turn, so that one is whole at any moment.
///
/// It never grows, so writing it needs no room on the disk and no change to the file system's own records.
/// For one thread at a time.
final class MarkFile {
    private static let slotSize = 4096

    /// The newest mark in the file.
    private(set) var mark: HighWaterMark
    private var slot: Int
    private let descriptor: CInt
    private let path: String

    /// Opens the file of a log; makes it, with `first` in it, when there is none.
    ///
    /// - Throws: `LogError.damaged` when the file is there and neither slot can be read.
    init(in folder: DataFolder, first: HighWaterMark) throws(LogError) {
        path = folder.mark
        if try folder.status(of: folder.mark) == nil { try Self.make(in: folder, first) }
        descriptor = open(folder.mark, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open \(folder.mark)", errno) }
        do {
            (slot, mark) = try Self.newest(descriptor, path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Writes a mark, durably, over the older of the two. The newer stays whole, should this be cut short.
    func write(_ next: HighWaterMark) throws(LogError) {
        guard next != mark else { return }
        try Self.write(next, slot: 1 - slot, descriptor, path)
        guard fdatasync(descriptor) == 0 else { throw .system("cannot sync \(path)", errno) }
        slot = 1 - slot
        mark = next
    }

    /// Written aside and renamed: a mark file that is there has been whole once.
    private static func make(in folder: DataFolder, _ first: HighWaterMark) throws(LogError) {
        let aside = folder.mark + ".new"
        let descriptor = open(aside, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("cannot make \(aside)", errno) }
        defer { Glibc.close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 2 * slotSize)
        guard pwrite(descriptor, zeros, zeros.count, 0) == zeros.count else {
            throw .system("cannot write \(aside)", errno)
        }
        try write(first, slot: 0, descriptor, aside)
        guard fsync(descriptor) == 0 else { throw .system("cannot sync \(aside)", errno) }
        guard rename(aside, folder.mark) == 0 else { throw .system("cannot rename \(aside)", errno) }
        try folder.sync()
    }

    private static func write(_ mark: HighWaterMark, slot: Int, _ descriptor: CInt, _ path: String) throws(LogError) {
        let bytes = mark.encoded
        guard pwrite(descriptor, bytes, bytes.count, off_t(slot * slotSize)) == bytes.count else {
            throw .system("cannot write \(path)", errno)
        }
    }

    private static func newest(_ descriptor: CInt, _ path: String) throws(LogError) -> (Int, HighWaterMark) {
        var bytes = [UInt8](repeating: 0, count: 2 * slotSize)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .system("cannot read \(path)", errno) }
        let slots = [0, 1].compactMap { slot in
            HighWaterMark(slot: bytes.prefix(count).dropFirst(slot * slotSize).prefix(slotSize)).map { (slot, $0) }
        }
        // Positions never fall; of two marks at one position the later has the newer checkpoint.
        let newest = slots.max { ($0.1.position, $0.1.checkpoint) < ($1.1.position, $1.1.checkpoint) }
        guard let newest else {
            throw .damaged(
                position: 0,
                reason: "\(path) has no readable mark, so nothing tells whether the log is whole: restore both from a "
                    + "backup, or check the log with another copy and remove the mark")
        }
        return newest
    }
}
