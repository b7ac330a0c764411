import Foundation
import MartletLog
import MartletLogSQLite
import MartletLogTesting

/// A folder of a test's own, in memory where that is possible, and gone with the value.
final class Scratch: Sendable {
    let path: String
    var log: String { path + "/log" }

    init() throws {
        let memory = "/dev/shm"
        let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        path = parent + "/martlet-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }

    /// Opens the log of the conformance suite's partition, without a reserve unless one is asked for.
    func open(_ folder: String? = nil, reserve: Int = 0, walLimit: Int = 16 << 20) async throws(LogError) -> SQLiteLog {
        var settings = SQLiteLog.Settings()
        (settings.reserve, settings.walLimit) = (reserve, walLimit)
        return try await SQLiteLog.open(folder: folder ?? log, partition: LogConformance.partition, settings: settings)
    }
}

/// The files of a log as they lie on the disk at one moment: what a killed process leaves.
struct Image: Sendable {
    static let names = ["log.db", "log.db-wal", "log.mark"]
    var files: [String: [UInt8]] = [:]

    init() {}

    /// The mark comes first: a mark older than the log is what a crash leaves, never a newer one.
    init(of folder: String) throws {
        for name in Self.names.reversed() where FileManager.default.fileExists(atPath: folder + "/" + name) {
            files[name] = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
        }
    }

    /// Lays the files out in a folder, in place of what is there.
    func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in Self.names {
            let path = folder + "/" + name
            if let bytes = files[name] {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
            } else if FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }
}

/// All that a log says of itself.
struct Contents: Equatable, Sendable {
    var incarnation: LogIncarnation
    var entries: [Entry]
    var checkpoint: Checkpoint?

    init(incarnation: LogIncarnation, entries: [Entry], checkpoint: Checkpoint?) {
        (self.incarnation, self.entries, self.checkpoint) = (incarnation, entries, checkpoint)
    }

    /// Opens the log in a folder and reads everything; drops it without closing, as a crash would.
    init(of folder: String, in scratch: Scratch, from position: UInt64 = 1) async throws(LogError) {
        let log = try await scratch.open(folder)
        incarnation = log.incarnation
        entries = try await log.readAll(from: position)
        checkpoint = try await log.checkpoint()
        let head = try await log.head()
        guard head == entries.last.map(LogHead.init(of:)) ?? .empty else {
            throw .damaged(position: head.position, reason: "read to another end than the head")
        }
    }
}
