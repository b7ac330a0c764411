import Foundation
import MartletSQLite
import Testing

@testable import MartletSim

@Suite("What of a view's write-ahead log outlasts a loss of power")
struct WALContentTests {
    @Test("It is what was there at the start or was moved since, and nothing of what is only written")
    func synced() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wal-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let none = try WALContent(of: folder)
        let database = try Database(path: folder.appending(path: "view.db").path)
        try database.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_mode = WAL; CREATE TABLE t (a)")

        // Given what was only written, it is lost, but for one who has it from the start.
        let opened = try WALContent(of: folder)
        #expect(opened.end > 4096)
        #expect(opened.synced(since: none) == 32)
        #expect(opened.synced(since: opened) == opened.end)

        // When it is moved, then it is safe, whoever looks.
        try database.moveWAL(.passive)
        #expect(try WALContent(of: folder).synced(since: none) == opened.end)

        // When it begins anew, then what was there at the start says nothing of it.
        try database.execute("INSERT INTO t VALUES (1)")
        let anew = try WALContent(of: folder)
        #expect(anew.header != opened.header && anew.end > 4096)
        #expect(anew.synced(since: opened) == 32)
    }
}
